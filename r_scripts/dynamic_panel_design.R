# What pgmm is given, and what it gives: its formula, its data frame, its model.

# The design of a model that pgmm estimates itself.
# level, difference: (entities, periods), the rows of either equation that are used.
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
    frame = with_empty_periods(frame, settings$step, shape$padding), shape = shape,
    level = usable, difference = with_predecessor(usable),
    formula = gmm_formula(plain$code, settings), collapse = gmm_collapse(plain$code, settings),
    effect = if (settings$level_effects) "twoways" else "individual",
    transformation = if (settings$system) "ld" else "d"
  )
}

with_predecessor <- function(usable) usable & cbind(FALSE, usable[, -ncol(usable), drop = FALSE])

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

# The outcome where a row may enter the equation: with every plain instrument present.
used_outcome <- function(data, settings) {
  y <- data[[settings$outcome]]
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

# Lag by row, which is lag by time where every entity has every period; a lead where k is negative.
shifted <- function(x, entity, k) {
  from <- seq_along(x) - k
  from[from < 1 | from > length(x)] <- NA
  ifelse(entity == entity[from], x[from], NA)
}

# (entities, periods) matrix: whether the level row has outcome, regressors and instruments.
usable_rows <- function(data, settings) {
  regressors <- lagged_columns(data, settings$equation, settings$entity)
  complete <- !is.na(used_outcome(data, settings)) & stats::complete.cases(regressors)
  on_grid(complete, data, settings)
}

on_grid <- function(rows, data, settings) {
  times <- sort(unique(data[[settings$time]]))
  matrix(rows, ncol = length(times), byrow = TRUE, dimnames = list(NULL, times))
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
  # Without a third part pgmm makes an instrument of every regressor that is no GMM variable: there is none.
  if (length(settings$iv) > 0) {
    right <- c(right, part(settings$iv))
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

# For a model whose numbers we compute ourselves: pgmm's own inverses do not matter.
without_talk_of_inverses <- function(code) {
  withCallingHandlers(code, warning = function(w) {
    if (grepl("general inverse is used", conditionMessage(w))) invokeRestart("muffleWarning")
  })
}
