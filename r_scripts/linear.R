# Least squares and two-stage least squares on rows that are taken as they are.

# settings: outcome, regressors, constant, endogenous, instruments (excluded), weights, cluster, std_error,
#   sigma2, small_sample, distribution, ci_level, entity (a column or NULL).
fit_linear <- function(data, settings) {
  terms <- c(strings(settings$regressors), if (settings$constant) "constant")
  data$constant <- 1
  X <- as.matrix(data[terms])
  y <- data[[settings$outcome]]
  root <- if (is.null(settings$weights)) rep(1, length(y)) else root_weights(data[[settings$weights]])
  projected <- first_stage(data, settings, X, root)
  fit <- stats::lm.fit(projected * root, y * root, tol = 1e-11)
  stop_if_singular(fit, terms)
  estimate <- stats::setNames(fit$coefficients, terms)
  residuals <- as.vector(y - X %*% estimate)
  bread <- chol2inv(fit$qr$qr)
  dimnames(bread) <- list(terms, terms)
  groups <- linear_groups(data, settings)
  covariance <- linear_covariance(settings, bread, projected * root, residuals * root, groups)
  linear_estimates(settings, estimate, covariance, y, residuals, root, length(unique(groups)))
}

# Weights count as in Stata's [aweight]: scaled to the mean of one.
root_weights <- function(weights) sqrt(weights / mean(weights))

# The regressors, the endogenous ones replaced by their fit on instruments and exogenous ones.
first_stage <- function(data, settings, X, root) {
  endogenous <- strings(settings$endogenous)
  if (length(endogenous) == 0) {
    return(X)
  }
  excluded <- as.matrix(data[strings(settings$instruments)])
  Z <- cbind(X[, setdiff(colnames(X), endogenous), drop = FALSE], excluded)
  X[, endogenous] <- stats::lm.fit(Z * root, X[, endogenous, drop = FALSE] * root)$fitted.values / root
  X
}

stop_if_singular <- function(fit, terms) {
  gone <- terms[is.na(fit$coefficients)]
  if (length(gone) > 0) {
    stop(
      "the design is singular: ", paste(gone, collapse = ", "),
      " follows from the other regressors. Leave it out"
    )
  }
}

# What G counts: clusters, else entities, else rows.
linear_groups <- function(data, settings) {
  column <- c(strings(settings$cluster), settings$entity)
  if (length(column) == 0) seq_len(nrow(data)) else data[[column[1]]]
}

linear_covariance <- function(settings, bread, X, residuals, groups) {
  n <- nrow(X)
  k <- ncol(X)
  factor <- small_sample_factor(settings$small_sample, n, k, length(unique(groups)))
  if (settings$std_error == "conventional") {
    return(factor * bread * sum(residuals^2) / denominator(settings, n, k))
  }
  together <- if (settings$std_error == "cluster") groups else seq_len(n)
  factor * bread %*% crossprod(rowsum(X * residuals, together)) %*% bread
}

denominator <- function(settings, n, k) if (settings$sigma2 == "n") n else n - k

linear_estimates <- function(settings, estimate, covariance, y, residuals, root, n_groups) {
  terms <- names(estimate)
  df <- reference_df(settings$distribution, length(y) - length(terms), n_groups - 1)
  joint <- joint_test(estimate, covariance, setdiff(terms, "constant"), df)
  of_covariance <- rbind(
    coefficient_cells(estimate, covariance, df, settings$ci_level), covariance_cells(terms, covariance),
    joint$cells
  )
  estimates(
    rbind(of_covariance, linear_sums_of_squares(settings, terms, y, residuals, root)),
    joint$not_offered, by_own_algebra(of_covariance, settings)
  )
}

# R's lm has the conventional covariance of least squares, and no other; the joint test is ours throughout.
by_own_algebra <- function(table, settings) {
  by_lm <- table$part == "coefficients" & table$measure == "estimate"
  if (settings$std_error == "conventional" && length(settings$endogenous) == 0) {
    by_lm <- table$part != "tests"
  }
  table <- table[!by_lm, ]
  if (nrow(table) == 0) {
    return(NULL)
  }
  own(table$part, table$term, table$measure)
}

linear_sums_of_squares <- function(settings, terms, y, residuals, root) {
  n <- length(y)
  k <- length(terms)
  center <- if (settings$constant) stats::weighted.mean(y, root^2) else 0
  ssr <- sum((residuals * root)^2)
  slopes <- k - settings$constant
  tss <- if (slopes == 0) ssr else sum(((y - center) * root)^2)
  r_squared <- 1 - ssr / tss
  fit_cells(
    "n_obs@equation" = n, df_resid = n - k, ssr = ssr, tss = tss, mss = tss - ssr,
    if (slopes > 0) c(mss_mean = (tss - ssr) / slopes),
    r_squared = r_squared,
    adj_r_squared = 1 - (1 - r_squared) * (n - settings$constant) / (n - k),
    rmse = sqrt(ssr / denominator(settings, n, k))
  )
}
