# Difference and system GMM by plm's pgmm; counts, Sargan, Wald and the system's AR tests from its matrices.

# data: every entity at every period (missing rows filled with NA), sorted by entity and time, well scaled.
# settings: outcome, equation (list of variable, first, last: lags in order of print), terms (all, in order
#   of print, dummies included, constant not), dummies (terms), entity, time, step, sampled (column or NULL),
#   gmm (list of variable, first, last, collapse), iv (list of variable, first, last), system,
#   level_effects (time dummies as instruments of the level equation: pgmm's "twoways"), dummy_times,
#   constant, steps, h, std_error, sigma2, small_sample, distribution, ci_level, ar_order, units (by term),
#   own_algebra (whether pgmm only makes the matrices; gmm and iv are then as in matrices_design()).
fit_dynamic_panel <- function(data, settings) {
  design <- if (settings$own_algebra) matrices_design(data, settings) else gmm_design(data, settings)
  fits <- gmm_fits(design, settings)
  counted <- gmm_counts(design, fits, settings)
  found <- gmm_estimate(fits, counted, settings)
  parts <- list(
    gmm_coefficients(found, fits, counted, settings),
    over_identification(fits, counted, found, settings),
    serial_correlation(fits, counted, settings),
    gmm_fit_cells(counted, settings),
    gmm_as_printed(fits$printed)
  )
  together <- function(name) do.call(rbind, lapply(parts, `[[`, name))
  estimates(
    together("cells"), together("not_offered"), together("recomputed"),
    c(fits$warnings, instrument_warnings(counted))
  )
}

# ------------------------------------------------------------------------------------------------- the fits

# yX, Z: pgmm's matrices by entity; S1: the first-step matrix; criterion: of the first step, e'Z A1 Z'e;
# one_step, estimate: the coefficients of the first step and of the step asked for; influence:
# (X'Z A Z'X)^-1 X'Z A of that step;
# covariance: before any small-sample factor; terms: of the coefficients; own: whether our algebra made them;
# printed: what summary() prints.
gmm_fits <- function(design, settings) {
  if (settings$own_algebra) {
    return(matrices_fits(design, settings))
  }
  found <- native_fits(design, settings)
  lost <- lost_by_plm(found)
  if (lost < 1) {
    return(found)
  }
  # pgmm's own numbers are wrong here, its matrices are not.
  again <- solved(found, design, settings)
  again$warnings <- paste0(
    "pgmm's general inverse drops ", lost, " instruments that are not collinear, only small: the estimate is ",
    "computed from its matrices instead."
  )
  c(again, found[c("terms", "printed")])
}

# Instruments that pgmm's general inverse drops in either step though they are not collinear. Where there are
# more instruments than entities the second step has no inverse, and which are dropped is a matter of taste.
lost_by_plm <- function(found) {
  e <- residuals_at(found$yX, found$one_step)
  scores <- do.call(rbind, Map(function(Z, u) as.vector(crossprod(Z, u)), found$Z, e))
  lost <- function(S) instrument_rank(S) - kept_by_plm(S)
  second <- if (instrument_rank(found$S1) <= nrow(scores)) lost(crossprod(scores)) else 0
  max(lost(found$S1), second)
}

native_fits <- function(design, settings) {
  two <- run_pgmm(design, "twosteps")
  chosen <- if (settings$steps == 2) two else run_pgmm(design, "onestep")
  stop_if_collinear(chosen$model, plain_terms(chosen, settings))
  Z <- lapply(two$W, as.matrix)
  conventional <- settings$std_error == "conventional"
  one_step <- two$coefficients[[1]]
  residuals <- residuals_at(two$model, one_step)
  A <- if (settings$steps == 2) two$A2 else chosen$A1
  ZX <- Reduce(`+`, Map(function(z, rows) crossprod(z, rows[, -1, drop = FALSE]), Z, two$model))
  list(
    yX = two$model, Z = Z, S1 = first_step_matrix(Z, settings),
    criterion = one_step_criterion(Z, residuals, two),
    one_step = one_step, estimate = if (settings$steps == 2) two$coefficients[[2]] else chosen$coefficients,
    influence = stats::vcov(chosen) %*% t(ZX) %*% A, own = FALSE, terms = plain_terms(chosen, settings),
    variance = error_variance(residuals, design, settings, length(one_step)),
    hansen = unname(plm::sargan(two, "twosteps")$statistic), residuals = lapply(chosen$residuals, as.vector),
    covariance = if (conventional) stats::vcov(chosen) else plm::vcovHC(chosen),
    printed = summary(chosen, robust = !conventional)
  )
}

# e'Z A1 Z'e; pgmm's A1 is the inverse times the number of entities.
one_step_criterion <- function(Z, residuals, model) {
  moments <- Reduce(`+`, Map(function(z, u) as.vector(crossprod(z, u)), Z, residuals))
  sum(moments * (model$A1 %*% moments)) / length(Z)
}

stop_if_collinear <- function(yX, terms) {
  X <- do.call(rbind, lapply(yX, function(rows) rows[, -1, drop = FALSE]))
  size <- sqrt(colSums(X^2))
  decomposed <- qr(sweep(X, 2, ifelse(size > 0, size, 1), "/"), tol = 1e-9)
  if (decomposed$rank < ncol(X)) {
    gone <- terms[decomposed$pivot[-seq_len(decomposed$rank)]]
    stop("the design is singular: ", paste(gone, collapse = ", "), " follows from the other regressors")
  }
}

# Terms of pgmm's coefficients, in its order; time effects of the level equation keep pgmm's names.
plain_terms <- function(model, settings) {
  terms <- strings(settings$terms)
  if (settings$level_effects) c(setdiff(terms, strings(settings$dummies)), model$args$namest) else terms
}

all_terms <- function(settings) c(strings(settings$terms), if (settings$constant) "constant")

residuals_at <- function(yX, coefficients) {
  lapply(yX, function(rows) as.vector(rows[, 1] - rows[, -1, drop = FALSE] %*% coefficients))
}

# sum Z'HZ with H = MM'; xtabond2's h: 3 the covariance of white noise in both equations, 2 the same without
# the block between them, 1 the identity.
first_step_matrix <- function(Z, settings) {
  M <- noise_to_rows(nrow(Z[[1]]), settings)
  Reduce(`+`, lapply(Z, function(z) crossprod(crossprod(M, z))))
}

noise_to_rows <- function(rows, settings) {
  if (settings$h == 1) {
    return(diag(rows))
  }
  n <- if (settings$system) (rows - 1) / 2 else rows
  D <- diff(diag(n + 1))
  I <- diag(n + 1)
  if (!settings$system) {
    return(D)
  }
  if (settings$h == 3) rbind(D, I) else rbind(cbind(D, 0 * D), cbind(0 * I, I))
}

difference_rows <- function(yX, settings) {
  rows <- nrow(yX[[1]])
  seq_len(if (settings$system) (rows - 1) / 2 else rows)
}

# The error variance from one-step residuals, under each program's denominator. Differencing doubles it; with
# h: 1 it is that of the level rows of a system, and differences are not halved (xtabond2).
error_variance <- function(residuals, design, settings, k) {
  on <- difference_rows(lapply(residuals, as.matrix), settings)
  in_levels <- settings$h == 1 && settings$system
  squares <- sum(vapply(residuals, function(e) sum((if (in_levels) e[-on] else e[on])^2), 1))
  squares <- squares / if (settings$h == 1) 1 else 2
  n <- sum(if (in_levels) design$level else design$difference)
  n_obs <- sum(if (settings$system) design$level else design$difference)
  list("n" = squares / n, "n-k" = squares / (n - k), "observations" = squares / n_obs)
}

# ----------------------------------------------------------------------------------------------- the counts

# n, groups: of the equation (levels in a system, else differences); instruments: columns and their rank.
gmm_counts <- function(design, fits, settings) {
  equation <- if (settings$system) design$level else design$difference
  list(
    level = design$level, difference = design$difference, per_group = rowSums(equation),
    n = sum(equation), n_groups = sum(rowSums(equation) > 0), n_in_data = nrow(equation),
    columns = instrument_columns_of_model(design, fits, settings), rank = instrument_rank(fits$S1),
    periods = colnames(equation)[seq_len(ncol(equation)) >= design$shape$lost - design$shape$padding]
  )
}

# Columns as the model has them, empty ones included, but not those that only our empty periods make.
instrument_columns_of_model <- function(design, fits, settings) {
  if (!settings$own_algebra) {
    return(ncol(fits$S1) - artificial_columns(design, settings))
  }
  longest <- max(0, vapply(settings$equation, function(one) as.numeric(one$last), 1))
  gmm <- vapply(settings$gmm, own_columns, 1, ncol(design$level), longest)
  sum(gmm) + length(settings$iv) + settings$constant
}

own_columns <- function(one, periods, longest) {
  last <- min(one$last, periods - 1)
  rows <- seq_len(periods)[-seq_len(longest + 1)]
  lags <- pmax(0, pmin(last, rows - 1) - one$first + 1)
  difference <- if (one$collapse) last - one$first + 1 else sum(lags)
  level <- if (one$collapse) 1 else max(0, periods - max(longest, one$first))
  c(both = difference + level, difference = difference, level = level)[[one$equation]]
}

# Columns that come from the empty periods.
artificial_columns <- function(design, settings) {
  padding <- design$shape$padding
  periods <- ncol(design$level) + padding
  from_padding <- vapply(settings$gmm, function(one) {
    if (one$collapse) {
      lags <- one$last - one$first + 1
      return(min(periods - one$first, lags) - min(periods - padding - one$first, lags))
    }
    rows <- seq(design$shape$lost + 1, periods)
    sum(pmax(0, pmin(padding, rows - one$first) - pmax(1, rows - one$last) + 1))
  }, 1)
  sum(from_padding)
}

# xtabond2 counts the rank of the first-step matrix; a column that is zero for everybody is no instrument.
instrument_rank <- function(S) {
  size <- sqrt(diag(S))
  present <- size > 0
  S <- S[present, present, drop = FALSE] / outer(size[present], size[present])
  sum(symmetric_eigenvalues(S) > smallest_eigenvalue(S))
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
        counted$columns - counted$rank, " of the ", counted$columns,
        " instrument columns are empty or follow from the others; degrees of freedom use the rank."
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
  map <- to_terms(fits$terms, counted, settings)
  terms <- rownames(map)
  units <- as.numeric(unlist(settings$units)[terms])
  factor <- small_sample_factor(settings$small_sample, counted$n, length(terms), counted$n_groups)
  list(
    estimate = stats::setNames(as.vector(map %*% fits$estimate) * units, terms),
    covariance = factor * (map %*% fits$covariance %*% t(map)) * outer(units, units),
    k = length(terms)
  )
}

# The linear map from the coefficients of the fit to the terms of the spec.
to_terms <- function(fitted, counted, settings) {
  terms <- all_terms(settings)
  map <- matrix(0, length(terms), length(fitted), dimnames = list(terms, NULL))
  common <- intersect(fitted, terms)
  map[cbind(match(common, terms), match(common, fitted))] <- 1
  if (settings$level_effects) {
    map <- rebased(map, length(fitted) - length(counted$periods), counted$periods, settings)
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

gmm_coefficients <- function(found, fits, counted, settings) {
  # xtabond2: G degrees of freedom without a constant, G - 1 with one (Roodman 2009, the listings).
  df <- reference_df(
    settings$distribution, counted$n - found$k, counted$n_groups - as.integer(settings$constant)
  )
  joint <- gmm_joint_tests(found, df, settings)
  table <- rbind(
    coefficient_cells(found$estimate, found$covariance, df, settings$ci_level),
    covariance_cells(names(found$estimate), found$covariance)
  )
  made <- if (fits$own) rbind(table, joint$cells) else joint$cells
  list(
    cells = rbind(table, joint$cells), not_offered = joint$not_offered,
    recomputed = own(made$part, made$term, made$measure)
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
  hansen <- test_cells("hansen_j", fits$hansen, df)
  sargan <- do.call(rbind, sargan_tests(fits, df, settings))
  two_step <- if (settings$steps == 2) transform(hansen, term = "sargan@two-step")
  ours <- if (fits$own) {
    rbind(hansen, two_step)
  } else if (counted$rank < counted$columns) {
    hansen[hansen$measure != "statistic", ]
  }
  list(
    cells = rbind(hansen, sargan, two_step),
    recomputed = rbind(
      own(sargan$part, sargan$term, sargan$measure), if (!is.null(ours)) own(ours$part, ours$term, ours$measure)
    )
  )
}

# One-step criterion over the error variance; the programs part in the denominator of that variance.
sargan_tests <- function(fits, df, settings) {
  criterion <- fits$criterion
  list(
    test_cells("sargan@xtabond2", criterion / fits$variance[["n"]], df),
    test_cells("sargan@xtabond2-before-2.8.3", criterion / fits$variance[["observations"]], df),
    if (!settings$system) test_cells("sargan@xtabond", criterion / fits$variance[["n-k"]], df)
  )
}

# summary() is right in every version of plm; mtest(vcov = vcovHC) is not in 2.6-2. In a system pgmm leaves
# the level residuals out of Z'e, so that the tests are computed here, and its own go to `as_printed`.
serial_correlation <- function(fits, counted, settings) {
  from_plm <- if (settings$system || fits$own) list() else list(fits$printed$m1, fits$printed$m2)
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

# Arellano and Bond (1991, p. 281), with the full residual vector in Z'e. After one step with conventional
# standard errors the covariance of the errors is sigma2 H, else it is taken from the residuals; of H xtabond2
# (_ARTests) takes the block of the differences alone.
serial_statistic <- function(fits, order, counted, settings) {
  rows <- difference_rows(fits$yX, settings)
  if (order >= length(rows)) {
    return(NA_real_)
  }
  homoskedastic <- settings$steps == 1 && settings$std_error == "conventional"
  M <- if (homoskedastic) noise_to_rows(length(rows), utils::modifyList(settings, list(system = FALSE)))
  sums <- Map(serial_sums, fits$yX, fits$Z, fits$residuals, list(rows), order, list(M))
  total <- function(name) Reduce(`+`, lapply(sums, `[[`, name))
  sigma2 <- if (homoskedastic) fits$variance[[settings$sigma2]] else 1
  wX <- total("wX")
  variance <- sigma2 * (total("spread") - 2 * wX %*% fits$influence %*% total("moment")) +
    wX %*% fits$covariance %*% t(wX)
  if (variance > 0) total("we") / sqrt(as.numeric(variance)) else NA_real_
}

serial_sums <- function(yX, Z, e, rows, order, M) {
  before <- c(rep(0, order), e[utils::head(rows, -order)])
  w <- numeric(length(e))
  w[rows] <- before * (e[rows] != 0)
  we <- sum(w * e)
  noise <- if (!is.null(M)) crossprod(M, w[rows])
  list(
    we = we, wX = crossprod(w, yX[, -1, drop = FALSE]),
    spread = if (is.null(M)) we^2 else sum(noise^2),
    moment = if (is.null(M)) crossprod(Z, e) * we else crossprod(Z[rows, , drop = FALSE], M %*% noise)
  )
}

# What pgmm prints under labels of its own.
gmm_as_printed <- function(printed) {
  if (is.null(printed)) {
    return(list())
  }
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
