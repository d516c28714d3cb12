# Static panels by plm: pooled, within, between, random and first differences, least squares or two stages.

# settings: outcome, regressors, constant, endogenous, instruments (excluded), level (those that stay in
#   levels), entity, time, group, sampled (NULL, or the column that is 1 on rows whose difference is used),
#   estimator, effects, variance_components, std_error, cluster ("entity",
#   "time"), bandwidth, small_sample, distribution, ci_level, tests.
fit_panel <- function(data, settings) {
  panel <- as_panel(data, settings)
  if (takes_differences(settings)) {
    panel <- differenced(panel, settings)
    settings$estimator <- "pooled"
  }
  panel$stand_in <- stand_in(panel, settings)
  model <- estimated(panel, settings)
  fit <- coefficients_of(model, panel, settings)
  dropped <- setdiff(panel$regressors, names(fit$estimate))
  groups <- table(fit$entity)
  df <- reference_df(settings$distribution, model$df.residual, number_of_clusters(fit, settings) - 1)
  joint <- slopes_test(model, fit, panel, df)
  sums <- with_reason(
    rbind(
      sums_of_squares(model, fit, panel, settings), counts(fit, groups), correlations(panel, fit, settings)
    ),
    "the fit does not vary, so that there is no correlation"
  )
  effects <- effect_cells(model, panel, fit, settings)
  tested <- lapply(strings(settings$tests), function(name) asked_test(name, panel, settings))
  estimates(
    do.call(rbind, c(
      list(
        coefficient_cells(fit$estimate, fit$covariance, df, settings$ci_level),
        covariance_cells(names(fit$estimate), fit$covariance), joint$cells, sums$cells, effects$cells
      ),
      lapply(tested, `[[`, "cells")
    )),
    do.call(rbind, c(
      list(
        joint$not_offered, sums$not_offered, effects$not_offered,
        if (length(dropped) > 0) lacking("coefficients", dropped, "*", COLLINEAR)
      ),
      lapply(tested, `[[`, "not_offered")
    )),
    do.call(rbind, c(
      list(fit$recomputed, joint$recomputed, own_fit(rbind(sums$cells, effects$cells), settings)),
      lapply(tested, `[[`, "recomputed")
    )),
    if (length(dropped) > 0) paste0("plm drops ", paste(dropped, collapse = ", "), ": ", COLLINEAR, ".")
  )
}

COLLINEAR <- "collinear with the others after the transformation"

# ---------------------------------------------------------------------------------------------- the model

# Key columns stand apart as i, t, g: plm turns its index into factors, and a key may be a regressor too.
as_panel <- function(data, settings) {
  plain <- plainly_named(data)
  frame <- data.frame(i = data[[settings$entity]], t = data[[settings$time]])
  frame$g <- if (!is.null(settings$group)) data[[settings$group]]
  list(
    data = cbind(frame, plain$data), code = plain$code,
    y = plain$code[[settings$outcome]],
    regressors = strings(settings$regressors),
    endogenous = strings(settings$endogenous),
    instruments = strings(settings$instruments)
  )
}

panel_formula <- function(panel, constant) {
  of <- function(terms) plain_sum(panel$code[terms], constant)
  right <- of(panel$regressors)
  if (length(panel$endogenous) > 0) {
    exogenous <- setdiff(panel$regressors, panel$endogenous)
    right <- paste(right, "|", of(unique(c(exogenous, panel$instruments))))
  }
  stats::as.formula(paste(panel$y, "~", right))
}

# v1, v2, ...: names that plainly_named() made, no text from a data file.
plain_sum <- function(names, constant) {
  paste(c(if (!constant) "0", if (length(names) > 0) unname(names) else if (constant) "1"), collapse = " + ")
}

estimated <- function(panel, settings) {
  if (!is.null(panel$stand_in)) {
    panel$regressors <- setdiff(panel$regressors, panel$stand_in$term)
    settings$constant <- TRUE
  }
  constant <- settings$constant || settings$estimator == "within"
  arguments <- list(
    formula = panel_formula(panel, constant),
    data = panel$data, index = c("i", "t", if (!is.null(panel$data$g)) "g"),
    model = plm_model(settings$estimator), effect = plm_effect(settings$effects)
  )
  if (settings$estimator == "random") {
    arguments$random.method <- plm_method(settings$variance_components)
  }
  do.call(plm::plm, arguments)
}

plm_model <- function(estimator) {
  switch(estimator, "pooled" = "pooling", "first-difference" = "fd", estimator)
}

plm_effect <- function(effects) {
  switch(paste(strings(effects), collapse = "+"),
    "entity" = "individual", "time" = "time", "entity+time" = "twoways", "group+entity" = "nested"
  )
}

plm_method <- function(name) {
  switch(name,
    "swamy-arora" = "swar", "wallace-hussain" = "walhus", "amemiya" = "amemiya", "nerlove" = "nerlove"
  )
}

# plm's own "fd" differences every instrument and every row: where an instrument stays in levels, or a row
# only lends its past, or there is no intercept, the columns are differenced here and plm sees a pooled model.
takes_differences <- function(settings) {
  settings$estimator == "first-difference" &&
    (!settings$constant || length(settings$level) > 0 || !is.null(settings$sampled))
}

differenced <- function(panel, settings) {
  data <- panel$data
  follows <- c(FALSE, utils::head(data$i, -1) == utils::tail(data$i, -1))
  if (!is.null(settings$sampled)) follows <- follows & data[[panel$code[[settings$sampled]]]] == 1
  level <- strings(settings$level)
  # A level instrument may be a regressor's own column, which is differenced: it gets a column of its own.
  aside <- stats::setNames(paste0("l", seq_along(level)), level)
  moving <- unname(panel$code[c(settings$outcome, panel$regressors, setdiff(panel$instruments, level))])
  changes <- data
  changes[moving] <- lapply(data[moving], function(x) c(NA, diff(x)))
  changes[aside] <- data[panel$code[level]]
  panel$data <- changes[follows, ]
  panel$instruments <- c(setdiff(panel$instruments, level), unname(aside))
  panel$code <- c(panel$code, stats::setNames(unname(aside), unname(aside)))
  panel
}

# Without an intercept plm drops a regressor that never changes (as the difference of a trend): plm's
# intercept stands in for it.
stand_in <- function(panel, settings) {
  if (settings$estimator != "pooled" || settings$constant) {
    return(NULL)
  }
  still <- Filter(function(term) {
    values <- panel$data[[panel$code[[term]]]]
    all(values == values[1]) && values[1] != 0
  }, setdiff(panel$regressors, panel$endogenous))
  if (length(still) > 0) list(term = still[1], value = panel$data[[panel$code[[still[1]]]]][1])
}

# --------------------------------------------------------------------------------- estimates, covariance

# estimate: named by term, the constant last; covariance in the same order; entity, time: of the rows fitted.
coefficients_of <- function(model, panel, settings) {
  rows <- fitted_rows(model, settings)
  estimate <- stats::coef(model)
  terms <- term_names(names(estimate), panel)
  order <- c(intersect(panel$regressors, terms), if (settings$constant) "constant")
  names(estimate) <- terms
  covariance <- plm_covariance(model, settings)
  dimnames(covariance) <- list(terms, terms)
  if (!is.null(panel$stand_in)) {
    unit <- ifelse(terms == panel$stand_in$term, 1 / panel$stand_in$value, 1)
    estimate <- estimate * unit
    covariance <- covariance * outer(unit, unit)
  }
  fit <- list(estimate = estimate, covariance = covariance, entity = rows$entity, time = rows$time)
  fit$residuals <- as.numeric(model$residuals)
  if (settings$estimator == "within" && settings$constant) {
    fit <- with_constant(fit, model, panel, settings)
  }
  fit$estimate <- fit$estimate[order]
  k <- length(order)
  n <- length(fit$residuals)
  factor <- small_sample_factor(
    settings$small_sample, n, k, number_of_clusters(fit, settings), n - model$df.residual - k
  )
  fit$covariance <- factor * fit$covariance[order, order, drop = FALSE]
  fit
}

term_names <- function(names, panel) {
  terms <- stats::setNames(names(panel$code), panel$code)[names]
  intercept <- if (is.null(panel$stand_in)) "constant" else panel$stand_in$term
  unname(ifelse(names == "(Intercept)", intercept, terms))
}

# Keys of the rows of the estimated equation; for `between` those of the rows behind the means.
fitted_rows <- function(model, settings) {
  index <- plm::index(model)
  keys <- list(
    entity = as.integer(index[[1]]), time = as.numeric(as.character(index[[2]]))
  )
  if (settings$estimator != "first-difference") {
    return(keys)
  }
  follows <- c(FALSE, utils::head(keys$entity, -1) == utils::tail(keys$entity, -1))
  lapply(keys, function(key) key[follows])
}

plm_covariance <- function(model, settings) {
  found <- switch(settings$std_error,
    "conventional" = stats::vcov(model),
    "robust" = plm::vcovHC(model, method = "white1", type = "HC0"),
    "driscoll-kraay" = plm::vcovSCC(model, type = "HC0", maxlag = settings$bandwidth),
    "cluster" = switch(paste(sort(strings(settings$cluster)), collapse = "+"),
      "entity" = plm::vcovHC(model, method = "arellano", type = "HC0", cluster = "group"),
      "time" = plm::vcovHC(model, method = "arellano", type = "HC0", cluster = "time"),
      "entity+time" = plm::vcovDC(model, type = "HC0")
    )
  )
  matrix(as.numeric(found), nrow(found))
}

number_of_clusters <- function(fit, settings) {
  by <- strings(settings$cluster)
  if (length(by) == 0) by <- "entity"
  min(vapply(by, function(key) length(unique(fit[[key]])), 1L))
}

# Stata's constant of a within estimate: the regression of the deviations, grand means added back. plm has
# no such term; its row of the covariance is that of this regression, by the formula plm uses for the slopes.
with_constant <- function(fit, model, panel, settings) {
  slopes <- names(fit$estimate)
  means <- colMeans(panel$data[panel$code[slopes]])
  X <- cbind(sweep(within_regressors(model), 2, means, "+"), 1)
  bread <- solve(crossprod(X))
  full <- if (settings$std_error == "conventional") {
    bread * sum(fit$residuals^2) / model$df.residual
  } else {
    bread %*% meat(X * fit$residuals, fit, settings) %*% bread
  }
  last <- length(slopes) + 1
  full[-last, -last] <- fit$covariance
  terms <- c(slopes, "constant")
  dimnames(full) <- list(terms, terms)
  constant <- mean(panel$data[[panel$y]]) - sum(means * fit$estimate)
  fit$estimate <- c(fit$estimate, constant = constant)
  fit$covariance <- full
  measures <- c("estimate", "std_error", "statistic", "p_value", "ci_low", "ci_high")
  fit$recomputed <- rbind(
    own("coefficients", "constant", measures), own("covariance", paste0(terms, "~constant"), "estimate")
  )
  fit
}

# Deviations from the effects' means, fitted by the instruments where there are some.
within_regressors <- function(model) {
  X <- stats::model.matrix(model, model = "within", rhs = 1, cstcovar.rm = "all")
  X <- X[, names(stats::coef(model)), drop = FALSE]
  if (length(stats::formula(model))[2] == 1) {
    return(X)
  }
  Z <- stats::model.matrix(model, model = "within", rhs = 2, cstcovar.rm = "all")
  as.matrix(stats::lm.fit(Z, X)$fitted.values)
}

# Sum of the scores' outer products, within clusters or over neighbouring periods.
meat <- function(scores, fit, settings) {
  if (settings$std_error == "robust") {
    return(crossprod(scores))
  }
  if (settings$std_error == "driscoll-kraay") {
    return(kernel_meat(rowsum(scores, fit$time), settings$bandwidth))
  }
  by <- strings(settings$cluster)
  parts <- lapply(by, function(key) crossprod(rowsum(scores, fit[[key]])))
  if (length(by) == 1) parts[[1]] else parts[[1]] + parts[[2]] - crossprod(scores)
}

# Bartlett weights over the periods present (Driscoll and Kraay 1998).
kernel_meat <- function(sums, bandwidth) {
  found <- crossprod(sums)
  for (lag in seq_len(bandwidth)) {
    later <- crossprod(sums[-seq_len(lag), , drop = FALSE], sums[seq_len(nrow(sums) - lag), , drop = FALSE])
    found <- found + (1 - lag / (bandwidth + 1)) * (later + t(later))
  }
  found
}

# plm's Wald test of all slopes, with the covariance that was asked for.
slopes_test <- function(model, fit, panel, df) {
  slopes <- setdiff(names(fit$estimate), "constant")
  if (!is.null(panel$stand_in)) { # plm's test leaves its intercept out
    joint <- joint_test(fit$estimate, fit$covariance, slopes, df)
    return(c(joint, list(recomputed = own(joint$cells$part, joint$cells$term, joint$cells$measure))))
  }
  covariance <- fit$covariance[slopes, slopes, drop = FALSE]
  k <- length(slopes)
  if (rcond(stats::cov2cor(covariance)) < 1e-14) {
    reason <- "the covariance of the slopes is singular: fewer clusters than coefficients"
    term <- if (is.finite(df)) "f" else "wald@slopes"
    return(list(not_offered = lacking("tests", term, "*", reason)))
  }
  wald <- unname(plm::pwaldtest(model, test = "Chisq", vcov = for_plm(covariance, model, panel))$statistic)
  list(cells = if (is.finite(df)) test_cells("f", wald / k, k, df) else test_cells("wald@slopes", wald, k))
}

# A covariance of the slopes under plm's names; its test does not look at the intercept's row.
for_plm <- function(covariance, model, panel) {
  names <- names(stats::coef(model))
  full <- diag(length(names))
  dimnames(full) <- list(names, names)
  slopes <- panel$code[rownames(covariance)]
  full[slopes, slopes] <- covariance
  full
}

# ------------------------------------------------------------------------------------------------- the fit

sums_of_squares <- function(model, fit, panel, settings) {
  y <- transformed_outcome(model)
  n <- length(y)
  centred <- settings$constant || settings$estimator == "within" || !is.null(panel$stand_in)
  ssr <- sum(fit$residuals^2)
  tss <- sum((y - if (centred) mean(y) else 0)^2)
  r_squared <- 1 - ssr / tss
  fit_cells(
    "n_obs@equation" = n, df_resid = model$df.residual, ssr = ssr, tss = tss, mss = tss - ssr,
    r_squared = r_squared, adj_r_squared = 1 - (1 - r_squared) * (n - centred) / model$df.residual,
    rmse = sqrt(ssr / model$df.residual)
  )
}

transformed_outcome <- function(model) as.numeric(plm::pmodel.response(model))

counts <- function(fit, groups) {
  fit_cells(
    "n_groups@used" = length(groups), t_min = min(groups), t_avg = mean(groups), t_max = max(groups)
  )
}

# Stata's three R squared: fit and outcome as deviations from entity means, as entity means, as they are.
correlations <- function(panel, fit, settings) {
  if (!(settings$estimator %in% c("within", "between", "random")) || length(panel$endogenous) > 0) {
    return(NULL)
  }
  y <- panel$data[[panel$y]]
  predicted <- slope_fit(panel, fit)
  mean_of <- function(x) stats::ave(x, panel$data$i)
  once <- !duplicated(panel$data$i)
  fit_cells(
    r_squared_within = squared_correlation(predicted - mean_of(predicted), y - mean_of(y)),
    r_squared_between = squared_correlation(mean_of(predicted)[once], mean_of(y)[once]),
    r_squared_overall = squared_correlation(predicted, y)
  )
}

slope_fit <- function(panel, fit) {
  slopes <- setdiff(names(fit$estimate), "constant")
  as.vector(as.matrix(panel$data[panel$code[slopes]]) %*% fit$estimate[slopes])
}

squared_correlation <- function(x, y) {
  if (stats::sd(x) <= 1e-12 * max(abs(x), 1)) NA_real_ else stats::cor(x, y)^2
}

effect_cells <- function(model, panel, fit, settings) {
  if (settings$estimator == "random") {
    return(random_components(model, settings))
  }
  if (settings$estimator == "within" && plm_effect(settings$effects) == "individual" &&
    length(panel$endogenous) == 0) {
    return(list(cells = within_components(model, panel, fit)))
  }
  list()
}

# Stata's xtreg, fe: sigma_u is the standard deviation of the estimated effects, one an entity.
within_components <- function(model, panel, fit) {
  left <- panel$data[[panel$y]] - slope_fit(panel, fit)
  sigma_u <- stats::sd(tapply(left, panel$data$i, mean))
  sigma_e <- sqrt(sum(fit$residuals^2) / model$df.residual)
  fit_cells(sigma_u = sigma_u, sigma_e = sigma_e, rho = sigma_u^2 / (sigma_u^2 + sigma_e^2))
}

random_components <- function(model, settings) {
  components <- model$ercomp$sigma2
  names(components) <- component_names(names(components), settings)
  variances <- cells("fit", names(components), "variance", components)
  if (plm_effect(settings$effects) != "individual") {
    return(list(cells = variances))
  }
  entity <- components[["entity"]]
  error <- components[["idiosyncratic"]]
  shares <- fit_cells(
    sigma_u = sqrt(entity), sigma_e = sqrt(error), rho = entity / (entity + error)
  )
  theta <- unique(signif(as.numeric(unlist(model$ercomp$theta)), 13))
  if (length(theta) == 1) {
    return(list(cells = rbind(variances, shares, fit_cells(theta = unlist(model$ercomp$theta)[[1]]))))
  }
  reason <- "the panel is unbalanced: every entity has a theta of its own"
  list(cells = rbind(variances, shares), not_offered = lacking("fit", "model", "theta", reason))
}

component_names <- function(names, settings) {
  only <- if (plm_effect(settings$effects) == "time") "time" else "entity"
  unname(c(idios = "idiosyncratic", id = only, time = "time", gp = "group")[names])
}

# Numbers that plm does not give: our algebra on its data, coefficients and residuals.
own_fit <- function(table, settings) {
  ours <- c("r_squared_within", "r_squared_between", "r_squared_overall")
  if (settings$estimator == "within") ours <- c(ours, "sigma_u", "sigma_e", "rho")
  table <- table[table$measure %in% ours, ]
  if (nrow(table) > 0) own(table$part, table$term, table$measure)
}

# ---------------------------------------------------------------------------------- the tests asked for

asked_test <- function(name, panel, settings) {
  tryCatch(
    {
      found <- TESTS[[name]](panel, settings)
      list(
        cells = test_cells(name, found$statistic, found$df, found$df2),
        recomputed = if (isTRUE(found$own)) {
          own("tests", name, c("statistic", "df", "p_value"))
        }
      )
    },
    error = function(e) {
      list(not_offered = lacking("tests", name, "*", paste("cannot be computed:", conditionMessage(e))))
    }
  )
}

refit <- function(panel, model, ...) {
  plm::plm(panel_formula(panel, TRUE), data = panel$data, index = c("i", "t"), model = model, ...)
}

random_refit <- function(panel, settings) {
  refit(panel, "random", random.method = plm_method(settings$variance_components))
}

of_htest <- function(test) {
  list(
    statistic = unname(test$statistic), df = unname(test$parameter[1]),
    df2 = if (length(test$parameter) > 1) unname(test$parameter[2])
  )
}

pooled_against <- function(panel, restricted, effect) {
  free <- plm::pvcm(
    panel_formula(panel, TRUE),
    data = panel$data, index = c("i", "t"), model = "within", effect = effect
  )
  of_htest(plm::pooltest(restricted, free))
}

TESTS <- list(
  f_effects = function(panel, settings) {
    of_htest(plm::pFtest(refit(panel, "within"), refit(panel, "pooling")))
  },
  hausman = function(panel, settings) {
    of_htest(plm::phtest(refit(panel, "within"), random_refit(panel, settings)))
  },
  hausman_m1 = function(panel, settings) TESTS$hausman(panel, settings),
  hausman_m2 = function(panel, settings) {
    of_htest(plm::phtest(refit(panel, "between"), random_refit(panel, settings)))
  },
  hausman_m3 = function(panel, settings) {
    of_htest(plm::phtest(refit(panel, "within"), refit(panel, "between")))
  },
  breusch_pagan_lm = function(panel, settings) {
    of_htest(plm::plmtest(refit(panel, "pooling"), type = "bp"))
  },
  lm_rho = function(panel, settings) lm_rho(refit(panel, "pooling")),
  lm_star_mu = function(panel, settings) bera_sosa_escudero(panel, test = "re", re.normal = FALSE),
  lm_star_rho = function(panel, settings) bera_sosa_escudero(panel, test = "ar"),
  lm_joint = function(panel, settings) bera_sosa_escudero(panel, test = "j"),
  poolability_entity = function(panel, settings) {
    pooled_against(panel, refit(panel, "pooling"), "individual")
  },
  poolability_entity_slopes = function(panel, settings) {
    pooled_against(panel, refit(panel, "within"), "individual")
  },
  poolability_time = function(panel, settings) pooled_against(panel, refit(panel, "pooling"), "time")
)

# pbsytest takes the entities of the fullest period for all entities: wrong where no period has them all.
bera_sosa_escudero <- function(panel, ...) {
  pooled <- refit(panel, "pooling")
  keys <- plm::index(pooled)
  if (max(table(keys[[2]])) < length(unique(keys[[1]]))) {
    stop("no period has all entities, and plm then miscounts them")
  }
  of_htest(plm::pbsytest(pooled, ...))
}

# Baltagi and Li (1991) as Baltagi (2013, p. 108) computes it: the denominator starts at the second period.
lm_rho <- function(pooled) {
  entity <- as.integer(plm::index(pooled)[[1]])
  e <- as.numeric(pooled$residuals)
  follows <- c(FALSE, utils::head(entity, -1) == utils::tail(entity, -1))
  periods <- table(entity)
  if (length(unique(periods)) > 1) {
    stop("the formula is that of a balanced panel")
  }
  T <- periods[[1]]
  rho <- sum(e[follows] * e[which(follows) - 1]) / sum(e[follows]^2)
  list(statistic = length(periods) * T^2 / (T - 1) * rho^2, df = 1, own = TRUE)
}
