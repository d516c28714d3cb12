# Difference and system GMM by plm's pgmm; counts, Sargan, Wald and the system's AR tests from its matrices.

# data: every entity at every period (missing rows filled with NA), sorted by entity and time, well scaled.
# settings: outcome, equation (list of variable, first, last: lags in order of print), terms (all, in order
#   of print, dummies included, constant not), dummies (terms), entity, time, step, sampled (column or NULL),
#   gmm (list of variable, first, last, collapse), iv (list of variable, first, last), system,
#   level_effects (time dummies as instruments of the level equation: pgmm's "twoways"), dummy_times,
#   constant, ones (whether the constant is a column of ones in the equation), steps, std_error,
#   small_sample, distribution, ci_level, ar_order, units (by term).
fit_dynamic_panel <- function(data, settings) {
  design <- gmm_design(data, settings)
  fits <- gmm_fits(design, settings)
  counted <- gmm_counts(design, fits, settings)
  found <- gmm_estimate(fits, counted, settings)
  parts <- list(
    gmm_coefficients(found, counted, settings),
    over_identification(fits, counted, found, settings),
    serial_correlation(fits, counted, settings),
    gmm_fit_cells(counted, settings),
    gmm_as_printed(fits$printed)
  )
  together <- function(name) do.call(rbind, lapply(parts, `[[`, name))
  estimates(
    together("cells"), together("not_offered"), together("recomputed"), instrument_warnings(counted)
  )
}

# ----------------------------------------------------------------------------------------------- the design

gmm_design <- function(data, settings) {
  plain <- plainly_named(data)
  frame <- cbind(
    data.frame(i = data[[settings$entity]], t = data[[settings$time]], y = used_outcome(data, settings)),
    plain$data
  )
  shape <- gmm_shape(settings)
  usable <- usable_rows(data, settings)
  if (settings$level_effects) {
    stop_without_rows(usable, shape)
  }
  list(
    frame = with_empty_periods(frame, settings$step, shape$padding), usable = usable, shape = shape,
    formula = gmm_formula(plain$code, settings), collapse = gmm_collapse(plain$code, settings),
    effect = if (settings$level_effects) "twoways" else "individual",
    transformation = if (settings$system) "ld" else "d"
  )
}

# lost: differenced rows that pgmm starts after, one more than it drops in levels. It starts no earlier than
# the first GMM lag, so that empty periods before the data keep the rows where the equation begins; left to
# itself it takes the smallest first lag, and reads leads for a group that begins later.
gmm_shape <- function(settings) {
  lags <- function(lists, name) vapply(lists, function(one) as.numeric(one[[name]]), 1)
  longest <- max(0, lags(settings$equation, "last"))
  first <- lags(settings$gmm, "first")
  lost <- max(longest + 1, first)
  list(
    lost = lost, padding = lost - longest - 1,
    lost.ts = if (max(longest + 1, min(first)) < lost) lost
  )
}

# pgmm has a time effect for every period, also for one without a row: its matrix is then singular.
stop_without_rows <- function(usable, shape) {
  dropped <- shape$lost - 1 - shape$padding
  rows <- colSums(usable)[-seq_len(dropped)]
  if (dropped > 0 && any(rows == 0)) {
    unsupported(
      "no row is usable in period ", paste(names(rows)[rows == 0], collapse = ", "),
      ", for which pgmm has a time effect all the same"
    )
  }
}

# The outcome where a row may enter the equation: in the sample, and with every plain instrument present.
used_outcome <- function(data, settings) {
  y <- data[[settings$outcome]]
  if (!is.null(settings$sampled)) {
    y[!(data[[settings$sampled]] %in% 1)] <- NA
  }
  instruments <- lagged_columns(data, settings$iv, settings$entity)
  y[!stats::complete.cases(instruments)] <- NA
  y
}

# (rows, lags) matrix of every variable at every lag; `lists` as in settings$equation.
lagged_columns <- function(data, lists, entity) {
  columns <- lapply(lists, function(one) {
    sapply(one$first:one$last, function(k) shifted(data[[one$variable]], data[[entity]], k))
  })
  if (length(columns) == 0) matrix(0, nrow(data), 1) else do.call(cbind, columns)
}

# Lag by row, which is lag by time where every entity has every period.
shifted <- function(x, entity, k) {
  n <- length(x)
  if (k >= n) {
    return(rep(NA_real_, n))
  }
  before <- c(rep(NA, k), x[seq_len(n - k)])
  ifelse(entity == c(rep(NA, k), entity[seq_len(n - k)]), before, NA)
}

# (entities, periods) matrix: whether the level row has outcome, regressors and instruments.
usable_rows <- function(data, settings) {
  regressors <- lagged_columns(data, settings$equation, settings$entity)
  complete <- !is.na(used_outcome(data, settings)) & stats::complete.cases(regressors)
  times <- sort(unique(data[[settings$time]]))
  matrix(complete, ncol = length(times), byrow = TRUE, dimnames = list(NULL, times))
}

with_empty_periods <- function(frame, step, count) {
  if (count < 1) {
    return(frame)
  }
  empty <- expand.grid(t = min(frame$t) - step * seq_len(count), i = unique(frame$i))
  empty[setdiff(names(frame), c("i", "t"))] <- NA_real_
  frame <- rbind(frame, empty[names(frame)])
  frame[order(frame$i, frame$t), ]
}

gmm_formula <- function(code, settings) {
  part <- function(lists) paste(vapply(lists, function(one) lag_text(code, one), ""), collapse = " + ")
  right <- c(part(settings$equation), part(settings$gmm))
  # Without a third part pgmm makes an instrument of every regressor that is no GMM variable.
  if (length(settings$iv) > 0) {
    right <- c(right, part(settings$iv))
  } else if (length(setdiff(variables_of(settings$equation), variables_of(settings$gmm))) > 0) {
    right <- c(right, "0")
  }
  stats::as.formula(paste("y ~", paste(right, collapse = " | ")))
}

variables_of <- function(lists) vapply(lists, `[[`, "", "variable")

lag_text <- function(code, one) {
  name <- code[[one$variable]]
  if (one$first == 0 && one$last == 0) name else paste0("lag(", name, ", ", one$first, ":", one$last, ")")
}

gmm_collapse <- function(code, settings) {
  collapse <- lapply(settings$gmm, function(one) isTRUE(one$collapse))
  stats::setNames(collapse, code[variables_of(settings$gmm)])
}

# ------------------------------------------------------------------------------------------------- the fits

# chosen: the model that was asked for, covariance (before any factor) and printed: its covariance and what
# summary() prints; two: its two-step counterpart; one_step: the coefficients of the first step.
gmm_fits <- function(design, settings) {
  two <- run_pgmm(design, "twosteps")
  chosen <- if (settings$steps == 2) two else run_pgmm(design, "onestep")
  stop_if_collinear(chosen, settings)
  conventional <- settings$std_error == "conventional"
  list(
    chosen = chosen, two = two, one_step = two$coefficients[[1]],
    covariance = if (conventional) stats::vcov(chosen) else plm::vcovHC(chosen),
    printed = summary(chosen, robust = !conventional)
  )
}

run_pgmm <- function(design, model) {
  tryCatch(
    plm::pgmm(
      formula = design$formula, data = design$frame, index = c("i", "t"), effect = design$effect,
      model = model, collapse = design$collapse, transformation = design$transformation,
      lost.ts = design$shape$lost.ts
    ),
    error = function(e) stop("pgmm cannot estimate this model: ", conditionMessage(e), singular_hint(e))
  )
}

singular_hint <- function(e) {
  if (grepl("singular", conditionMessage(e))) {
    ". A regressor follows from the others, or there are fewer instruments than coefficients"
  }
}

stop_if_collinear <- function(model, settings) {
  X <- do.call(rbind, lapply(model$model, function(rows) rows[, -1, drop = FALSE]))
  size <- sqrt(colSums(X^2))
  decomposed <- qr(sweep(X, 2, ifelse(size > 0, size, 1), "/"), tol = 1e-9)
  if (decomposed$rank < ncol(X)) {
    gone <- plain_terms(model, settings)[decomposed$pivot[-seq_len(decomposed$rank)]]
    stop("the design is singular: ", paste(gone, collapse = ", "), " follows from the other regressors")
  }
}

# Terms of pgmm's coefficients, in its order; time effects of the level equation keep pgmm's names.
plain_terms <- function(model, settings) {
  terms <- strings(settings$terms)
  if (settings$level_effects) {
    return(c(setdiff(terms, strings(settings$dummies)), model$args$namest))
  }
  c(terms, if (settings$ones) "constant")
}

# ----------------------------------------------------------------------------------------------- the counts

# n, groups: of the equation (levels in a system, else differences); instruments: columns and their rank.
gmm_counts <- function(design, fits, settings) {
  level <- design$usable
  difference <- level & cbind(FALSE, level[, -ncol(level), drop = FALSE])
  equation <- if (settings$system) level else difference
  rows <- nrow(fits$two$model[[1]])
  n_difference <- if (settings$system) (rows - 1) / 2 else rows
  S <- first_step_matrix(fits$two, settings, n_difference)
  list(
    level = level, difference = difference, per_group = rowSums(equation),
    n = sum(equation), n_groups = sum(rowSums(equation) > 0), n_in_data = nrow(level),
    difference_rows = seq_len(n_difference),
    columns = ncol(S) - artificial_columns(design, settings),
    rank = instrument_rank(S), kept = kept_by_plm(S),
    periods = colnames(level)[seq_len(ncol(level)) >= design$shape$lost - design$shape$padding]
  )
}

# Columns that come from the empty periods, and the differences of a column of ones: not of the model.
artificial_columns <- function(design, settings) {
  padding <- design$shape$padding
  periods <- ncol(design$usable) + padding
  from_padding <- vapply(settings$gmm, function(one) {
    if (one$collapse) {
      lags <- one$last - one$first + 1
      return(min(periods - one$first, lags) - min(periods - padding - one$first, lags))
    }
    rows <- seq(design$shape$lost + 1, periods)
    sum(pmax(0, pmin(padding, rows - one$first) - pmax(1, rows - one$last) + 1))
  }, 1)
  sum(from_padding) + settings$ones
}

# xtabond2 counts the rank of the first-step matrix; a column that is zero for everybody is no instrument.
instrument_rank <- function(S) {
  size <- sqrt(diag(S))
  present <- size > 0
  S <- S[present, present, drop = FALSE] / outer(size[present], size[present])
  sum(symmetric_eigenvalues(S) > 1e-12 * nrow(S))
}

first_step_matrix <- function(model, settings, n_difference) {
  D <- diff(diag(n_difference + 1))
  M <- if (settings$system) rbind(D, diag(n_difference + 1)) else D
  Reduce(`+`, lapply(model$W, function(Z) crossprod(crossprod(M, as.matrix(Z)))))
}

symmetric_eigenvalues <- function(S) eigen(S, symmetric = TRUE, only.values = TRUE)$values

# Below 1e-9 pgmm turns to a general inverse, which drops what is 1.5e-8 times smaller than the largest.
kept_by_plm <- function(S) {
  values <- symmetric_eigenvalues(S)
  if (min(values) >= 1e-9) length(values) else sum(values > sqrt(.Machine$double.eps) * max(values))
}

instrument_warnings <- function(counted) {
  c(
    if (counted$rank < counted$columns) {
      paste0(
        counted$columns - counted$rank, " of pgmm's ", counted$columns,
        " instrument columns are empty or follow from the others; degrees of freedom use the rank."
      )
    },
    if (counted$kept < counted$rank) {
      paste0(
        "pgmm's general inverse drops ", counted$rank - counted$kept,
        " instruments that are not collinear, only small."
      )
    },
    if (counted$rank > counted$n_groups) {
      paste0(
        "There are more instruments (", counted$rank, ") than groups (", counted$n_groups,
        "): the two-step weights are a general inverse, on which programs do not agree."
      )
    }
  )
}

gmm_fit_cells <- function(counted, settings) {
  per_group <- counted$per_group[counted$per_group > 0]
  table <- fit_cells(
    "n_obs@equation" = counted$n, "n_obs@difference-rows" = sum(counted$difference),
    "n_obs@both" = counted$n + if (settings$system) sum(counted$difference) else 0,
    "n_obs@gretl" = sum(counted$per_group[rowSums(counted$difference) > 0]),
    "n_groups@used" = counted$n_groups, "n_groups@in-data" = counted$n_in_data,
    "n_instruments@rank" = counted$rank, "n_instruments@columns" = counted$columns,
    t_min = min(per_group), t_avg = mean(per_group), t_max = max(per_group)
  )
  list(cells = table, recomputed = own(table$part, table$term, table$measure))
}

# ------------------------------------------------------------------------------------ estimates, covariance

gmm_estimate <- function(fits, counted, settings) {
  model <- fits$chosen
  raw <- if (settings$steps == 2) model$coefficients[[2]] else model$coefficients
  map <- to_terms(model, counted, settings)
  terms <- rownames(map)
  units <- as.numeric(unlist(settings$units)[terms])
  factor <- small_sample_factor(settings$small_sample, counted$n, length(terms), counted$n_groups)
  list(
    estimate = stats::setNames(as.vector(map %*% raw) * units, terms),
    covariance = factor * (map %*% fits$covariance %*% t(map)) * outer(units, units),
    k = length(terms)
  )
}

# The linear map from pgmm's coefficients to the terms of the spec.
to_terms <- function(model, counted, settings) {
  terms <- c(strings(settings$terms), if (settings$constant) "constant")
  own_terms <- plain_terms(model, settings)
  map <- matrix(0, length(terms), length(own_terms), dimnames = list(terms, NULL))
  map[cbind(match(intersect(own_terms, terms), terms), match(intersect(own_terms, terms), own_terms))] <- 1
  if (settings$level_effects) {
    map <- rebased(map, length(own_terms) - length(counted$periods), counted$periods, settings)
  }
  map
}

# pgmm has an intercept and a dummy for every period but the first; the spec may leave out another period.
# The effect of a period is intercept + dummy; the constant is that of the period left out.
rebased <- function(map, before, periods, settings) {
  kept <- as.character(unlist(settings$dummy_times))
  base <- setdiff(periods, kept)
  if (!all(kept %in% periods) || length(base) != as.integer(settings$constant)) {
    unsupported(
      "pgmm's time effects in the level equation are one for each of the periods ",
      paste(periods, collapse = " "), "; the spec must keep all but one of these, or all without a constant"
    )
  }
  effect <- diag(length(periods))
  effect[, 1] <- 1
  rownames(effect) <- periods
  columns <- before + seq_along(periods)
  map[strings(settings$dummies), columns] <- effect[kept, , drop = FALSE]
  if (settings$constant) {
    map["constant", columns] <- effect[base, ]
    map[strings(settings$dummies), columns] <-
      sweep(map[strings(settings$dummies), columns, drop = FALSE], 2, effect[base, ])
  }
  map
}

gmm_coefficients <- function(found, counted, settings) {
  # xtabond2: G degrees of freedom without a constant, G - 1 with one (Roodman 2009, the listings).
  df <- reference_df(
    settings$distribution, counted$n - found$k, counted$n_groups - as.integer(settings$constant)
  )
  joint <- gmm_joint_tests(found, df, settings)
  list(
    cells = rbind(
      coefficient_cells(found$estimate, found$covariance, df, settings$ci_level),
      covariance_cells(names(found$estimate), found$covariance), joint$cells
    ),
    not_offered = joint$not_offered,
    recomputed = own(joint$cells$part, joint$cells$term, joint$cells$measure)
  )
}

gmm_joint_tests <- function(found, df, settings) {
  slopes <- strings(settings$terms)
  test <- function(terms, name, count = length(terms)) {
    joint_test(found$estimate, found$covariance, terms, df, name, count)
  }
  tests <- list(test(slopes, "wald@slopes"))
  if (is.infinite(df)) {
    tests <- c(tests, list(
      # xtabond2 since 3.6.6: the constant is in the statistic, not in its degrees of freedom.
      test(names(found$estimate), "wald@all", length(slopes)),
      test(setdiff(slopes, strings(settings$dummies)), "wald@slopes-without-dummies")
    ))
  }
  list(
    cells = do.call(rbind, lapply(tests, `[[`, "cells")),
    not_offered = do.call(rbind, lapply(tests, `[[`, "not_offered"))
  )
}

# ------------------------------------------------------------------------------------------------ the tests

over_identification <- function(fits, counted, found, settings) {
  df <- counted$rank - found$k
  if (df < 1) {
    reason <- "the model is exactly identified"
    return(list(not_offered = lacking("tests", c("hansen_j", "sargan@xtabond2"), "*", reason)))
  }
  # What plm calls the Sargan test of two steps is Hansen's J.
  hansen <- test_cells("hansen_j", unname(plm::sargan(fits$two, "twosteps")$statistic), df)
  sargan <- do.call(rbind, sargan_tests(fits, counted, found, df, settings))
  two_step <- if (settings$steps == 2) transform(hansen, term = "sargan@two-step")
  counts_differ <- counted$rank < counted$columns
  list(
    cells = rbind(hansen, sargan, two_step),
    recomputed = rbind(
      own(sargan$part, sargan$term, sargan$measure),
      if (counts_differ) own("tests", "hansen_j", c("df", "p_value"))
    )
  )
}

# One-step criterion over the error variance; the programs part in the denominator of that variance.
sargan_tests <- function(fits, counted, found, df, settings) {
  e <- residuals_at(fits$two, fits$one_step)
  moments <- Reduce(`+`, Map(function(Z, u) as.vector(crossprod(as.matrix(Z), u)), fits$two$W, e))
  criterion <- sum(moments * (fits$two$A1 %*% moments)) / length(e) # pgmm's A1 is length(e) times the inverse
  ssr <- sum(vapply(e, function(u) sum(u[counted$difference_rows]^2), 1))
  n <- sum(counted$difference)
  over <- function(denominator) criterion / (ssr / 2 / denominator)
  list(
    test_cells("sargan@xtabond2", over(n), df),
    test_cells("sargan@xtabond2-before-2.8.3", over(counted$n), df),
    if (!settings$system) test_cells("sargan@xtabond", over(n - found$k), df)
  )
}

residuals_at <- function(model, coefficients) {
  lapply(model$model, function(rows) as.vector(rows[, 1] - rows[, -1, drop = FALSE] %*% coefficients))
}

# summary() is right in every version of plm; mtest(vcov = vcovHC) is not in 2.6-2. In a system pgmm leaves
# the level residuals out of Z'e, so that the tests are computed here, and its own go to `as_printed`.
serial_correlation <- function(fits, counted, settings) {
  from_plm <- if (settings$system) list() else list(fits$printed$m1, fits$printed$m2)
  parts <- lapply(seq_len(settings$ar_order), function(order) {
    test <- if (order <= length(from_plm)) from_plm[[order]]
    z <- if (is.null(test)) serial_statistic(fits, order, counted, settings) else as.numeric(test$statistic)
    normal_test(paste0("ar", order), z, computed = is.null(test))
  })
  list(
    cells = do.call(rbind, lapply(parts, `[[`, "cells")),
    not_offered = do.call(rbind, lapply(parts, `[[`, "not_offered")),
    recomputed = do.call(rbind, lapply(parts, `[[`, "recomputed"))
  )
}

normal_test <- function(term, z, computed) {
  if (!is.finite(z)) {
    reason <- "no residual has one that many periods earlier, or the variance of the test is not positive"
    return(list(not_offered = lacking("tests", term, "*", reason)))
  }
  measures <- c("statistic", "p_value")
  list(
    cells = cells("tests", term, measures, c(z, 2 * stats::pnorm(-abs(z)))),
    recomputed = if (computed) own("tests", term, measures)
  )
}

# Arellano and Bond (1991, p. 281), with the full residual vector in Z'e.
serial_statistic <- function(fits, order, counted, settings) {
  model <- fits$chosen
  rows <- counted$difference_rows
  if (order >= length(rows)) {
    return(NA_real_)
  }
  V <- fits$covariance
  A <- if (settings$steps == 2) model$A2 else model$A1
  sums <- Map(serial_sums, model$model, model$W, lapply(model$residuals, as.vector), list(rows), order)
  total <- function(name) Reduce(`+`, lapply(sums, `[[`, name))
  wX <- total("wX")
  bread <- stats::vcov(model) # (X'Z A Z'X)^-1, of the step that was asked for
  variance <- total("we2") - 2 * wX %*% bread %*% t(total("ZX")) %*% A %*% total("Zew") + wX %*% V %*% t(wX)
  if (variance > 0) total("we") / sqrt(as.numeric(variance)) else NA_real_
}

serial_sums <- function(yX, Z, e, rows, order) {
  Z <- as.matrix(Z)
  X <- yX[, -1, drop = FALSE]
  w <- numeric(length(e))
  w[rows] <- c(rep(0, order), e[utils::head(rows, -order)])
  we <- sum(w[rows] * e[rows])
  list(we = we, we2 = we^2, wX = crossprod(w, X), ZX = crossprod(Z, X), Zew = crossprod(Z, e) * we)
}

# What pgmm prints under labels of its own.
gmm_as_printed <- function(printed) {
  said <- function(term, test) {
    if (!is.null(test)) {
      found <- list(statistic = test$statistic, df = test$parameter, p_value = test$p.value)
      found <- vapply(Filter(Negate(is.null), found), as.numeric, 1)
      cells("as_printed", term, names(found), found)
    }
  }
  list(cells = rbind(
    said("plm: Sargan test", printed$sargan),
    said("plm: Autocorrelation test (1)", printed$m1), said("plm: Autocorrelation test (2)", printed$m2),
    said("plm: Wald test for coefficients", printed$wald.coef),
    said("plm: Wald test for time dummies", printed$wald.td)
  ))
}
