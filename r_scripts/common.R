# What every fit function returns, made in one place: cells, coefficient tables, joint tests, plain names.

# A fit's answer: `parts` are data frames made by the functions below, NULL where there is nothing.
estimates <- function(cells, not_offered = NULL, recomputed = NULL, warnings = character()) {
  list(
    cells = cells, not_offered = not_offered, recomputed = recomputed,
    warnings = as.character(warnings)
  )
}

cells <- function(part, term, measure, value) {
  data.frame(part = part, term = term, measure = measure, value = as.numeric(value))
}

lacking <- function(part, term, measure, reason) {
  data.frame(part = part, term = term, measure = measure, reason = reason)
}

own <- function(part, term, measure) {
  data.frame(part = part, term = term, measure = measure)
}

# Cells that have a value; a missing one is named with its reason instead.
with_reason <- function(table, reason) {
  known <- is.finite(table$value)
  gone <- table[!known, ]
  list(
    cells = table[known, ],
    not_offered = if (nrow(gone) > 0) lacking(gone$part, gone$term, gone$measure, reason)
  )
}

# estimate: named by term; covariance: square, in the same order; df: Inf for the normal distribution.
coefficient_cells <- function(estimate, covariance, df, level) {
  std_error <- sqrt(diag(covariance))
  statistic <- estimate / std_error
  half_width <- std_error * stats::qt((1 + level) / 2, df)
  columns <- cbind(
    estimate = estimate, std_error = std_error, statistic = statistic,
    p_value = 2 * stats::pt(-abs(statistic), df),
    ci_low = estimate - half_width, ci_high = estimate + half_width
  )
  cells(
    "coefficients", rep(names(estimate), each = ncol(columns)),
    rep(colnames(columns), times = length(estimate)), t(columns)
  )
}

# Every pair of terms, each once, in order of print.
covariance_cells <- function(terms, covariance) {
  at <- which(upper.tri(covariance, diag = TRUE), arr.ind = TRUE)
  at <- at[order(at[, 1], at[, 2]), , drop = FALSE]
  cells("covariance", paste0(terms[at[, 1]], "~", terms[at[, 2]]), "estimate", covariance[at])
}

# term: name of the test; statistic with its degrees of freedom: chi-squared, or F where df2 is given.
test_cells <- function(term, statistic, df, df2 = NULL) {
  p <- if (is.null(df2)) {
    stats::pchisq(statistic, df, lower.tail = FALSE)
  } else {
    stats::pf(statistic, df, df2, lower.tail = FALSE)
  }
  measures <- c("statistic", "df", if (!is.null(df2)) "df2", "p_value")
  cells("tests", term, measures, c(statistic, df, df2, p))
}

# b'V^-1 b over `terms`; NA where the covariance of these coefficients is singular.
wald_statistic <- function(estimate, covariance, terms) {
  block <- covariance[terms, terms, drop = FALSE]
  scale <- 1 / sqrt(diag(block))
  correlation <- block * outer(scale, scale)
  if (any(!is.finite(correlation)) || rcond(correlation) < 1e-14) {
    return(NA_real_)
  }
  z <- estimate[terms] * scale
  sum(z * solve(correlation, z))
}

# Joint significance of `terms`: F where the reference distribution is t, chi-squared where it is normal.
joint_test <- function(estimate, covariance, terms, df, name_of_wald = "wald@slopes", count = length(terms)) {
  if (length(terms) == 0) {
    return(list(cells = NULL, not_offered = NULL))
  }
  wald <- wald_statistic(estimate, covariance, terms)
  found <- if (is.finite(df)) {
    test_cells("f", wald / count, count, df)
  } else {
    test_cells(name_of_wald, wald, count)
  }
  if (is.finite(wald)) {
    return(list(cells = found, not_offered = NULL))
  }
  reason <- "the covariance of the slopes is singular: fewer clusters than coefficients"
  list(cells = NULL, not_offered = lacking("tests", found$term[1], "*", reason))
}

# Factors on a covariance: n rows, k coefficients (the constant counts), g groups, `absorbed` effects.
small_sample_factor <- function(name, n, k, g, absorbed = 0) {
  switch(name,
    "none" = 1,
    "n-k" = n / (n - k),
    "groups" = g / (g - 1),
    "stata" = (n - 1) / (n - k) * g / (g - 1),
    "stata-absorbed" = (n - 1) / (n - k - absorbed) * g / (g - 1),
    "xtabond2-2009" = n / (n - k + 1) * g / (g - 1), # Roodman (2009), the three listings with `small`
    stop("no small-sample factor is called ", name)
  )
}

reference_df <- function(distribution, residual, groups) {
  switch(distribution, "normal" = Inf, "t-residual" = residual, "t-groups" = groups)
}

fit_cells <- function(...) {
  values <- c(...)
  cells("fit", "model", names(values), values)
}

# Columns of any name become v1, v2, ...: a formula then holds nothing that a data file could have written.
plainly_named <- function(data) {
  code <- stats::setNames(paste0("v", seq_along(data)), names(data))
  names(data) <- unname(code)
  list(data = data, code = code)
}

strings <- function(values) as.character(unlist(values))

# What the package cannot do, as a verdict and not as a fault.
unsupported <- function(...) {
  stop(structure(list(message = paste0(...), call = NULL), class = c("unsupported", "error", "condition")))
}
