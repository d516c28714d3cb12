# pgmm's matrices, our algebra: the models that pgmm can only lay out.
#
# pgmm builds instruments and regressors entity by entity; from these any estimator of its kind follows. Each
# instrument is given to pgmm as a column of its own, shifted in time so that the lag pgmm needs is always 2:
# its level instrument, the difference at lag 1, is then the one that belongs to the first lag asked for.

# settings$gmm: list of variable, first, last, collapse, equation; settings$iv: list of variable, first (the
# lag), equation; an equation is both, difference or level. Returns what gmm_design() returns, and `pieces`.
matrices_design <- function(data, settings) {
  sampled <- if (is.null(settings$sampled)) TRUE else on_grid(data[[settings$sampled]] %in% 1, data, settings)
  padding <- matrices_padding(settings)
  padded <- with_empty_periods(
    named_as(data, settings$entity, settings$time), settings$step, padding
  )
  plain <- plainly_named(padded[setdiff(names(padded), c("i", "t"))])
  instruments <- instrument_columns(padded, settings)
  frame <- cbind(padded[c("i", "t")], y = padded[[settings$outcome]], plain$data, instruments)
  periods <- length(unique(padded$t))
  list(
    frame = frame, shape = list(lost.ts = 2, lost = 2, padding = padding),
    # A row of the sample may be differenced from a row outside it (xtabond2).
    level = usable_in(data, settings, "level") & sampled,
    difference = with_predecessor(usable_in(data, settings, "difference")) & sampled,
    formula = matrices_formula(plain$code, settings, periods),
    collapse = stats::setNames(lapply(settings$gmm, function(one) isTRUE(one$collapse)), gmm_names(settings)),
    effect = "individual", transformation = if (settings$system) "ld" else "d",
    pieces = matrices_pieces(settings, periods)
  )
}

# (entities, periods): outcome, regressors and the plain instruments of this equation are there.
usable_in <- function(data, settings, equation) {
  settings["iv"] <- list(Filter(function(one) one$equation %in% c("both", equation), settings$iv))
  usable_rows(data, settings)
}

# pgmm's first row in levels is its second period: periods before the data move that to where the equation
# begins, and hold what a shift to the left puts there.
matrices_padding <- function(settings) {
  longest <- max(0, vapply(settings$equation, function(one) as.numeric(one$last), 1))
  max(0, 1 - longest, 2 - vapply(settings$gmm, function(one) as.numeric(one$first), 1))
}

named_as <- function(data, entity, time) {
  cbind(data.frame(i = data[[entity]], t = data[[time]]), data)
}

gmm_names <- function(settings) sprintf("g%04d", seq_along(settings$gmm))
# Without a plain instrument pgmm makes one of every regressor: a column of zeros keeps it from that.
iv_names <- function(settings) sprintf("z%04d", seq_len(max(1, length(settings$iv))))

instrument_columns <- function(padded, settings) {
  at <- function(one, k) shifted(padded[[one$variable]], padded$i, k)
  gmm <- lapply(settings$gmm, function(one) at(one, one$first - 2))
  iv <- lapply(settings$iv, function(one) at(one, one$first))
  if (length(iv) == 0) {
    iv <- list(rep(0, nrow(padded)))
  }
  columns <- stats::setNames(c(gmm, iv), c(gmm_names(settings), iv_names(settings)))
  as.data.frame(columns)
}

shifted_last <- function(one, periods) min(one$last - one$first + 2, periods)

matrices_formula <- function(code, settings, periods) {
  equation <- vapply(settings$equation, function(one) lag_text(code, one), "")
  last <- vapply(settings$gmm, shifted_last, 1, periods)
  gmm <- paste0("lag(", gmm_names(settings), ", 2:", last, ")")
  parts <- vapply(list(equation, gmm, iv_names(settings)), paste, "", collapse = " + ")
  stats::as.formula(paste("y ~", paste(parts, collapse = " | ")))
}

# Columns of pgmm's W, in its order [gmm difference | gmm level | iv difference | iv level], that are kept, and
# for each plain instrument whether it stands in either equation.
matrices_pieces <- function(settings, periods) {
  difference <- vapply(settings$gmm, difference_width, 1, periods)
  level <- if (settings$system) vapply(settings$gmm, level_width, 1, periods)
  equation <- vapply(settings$gmm, `[[`, "", "equation")
  kept <- c(rep(equation != "level", difference), if (settings$system) rep(equation != "difference", level))
  iv_equation <- vapply(settings$iv, `[[`, "", "equation")
  list(
    gmm = which(kept), first_iv = length(kept), n_iv = length(settings$iv),
    in_difference = as.numeric(iv_equation != "level"), in_level = as.numeric(iv_equation != "difference")
  )
}

difference_width <- function(one, periods) {
  last <- shifted_last(one, periods)
  if (isTRUE(one$collapse)) {
    return(min(periods - 2, last - 1))
  }
  rows <- 3:periods
  sum(rows - 2 - pmax(1, rows - last) + 1)
}

level_width <- function(one, periods) if (isTRUE(one$collapse)) 1 else periods - 2

# ------------------------------------------------------------------------------------------------ the matrices

# The estimate of a model that pgmm cannot express.
matrices_fits <- function(design, settings) {
  model <- without_talk_of_inverses(run_pgmm(design, "onestep"))
  used <- used_of_pgmm(design, settings)
  stack <- list(
    yX = Map(function(rows, on) own_rows(rows, on, settings), model$model, used),
    Z = Map(function(W, on) own_instruments(as.matrix(W), on, design$pieces, settings), model$W, used)
  )
  stop_if_collinear(stack$yX, all_terms(settings))
  c(solved(stack, design, settings), terms = list(all_terms(settings)))
}

# A list by entity of logical vectors, one entry a row of pgmm: differences, in a system then levels.
used_of_pgmm <- function(design, settings) {
  empty <- matrix(FALSE, nrow(design$level), design$shape$padding)
  difference <- cbind(empty, design$difference)[, -(1:2), drop = FALSE]
  level <- if (settings$system) cbind(empty, design$level)[, -1, drop = FALSE]
  both <- cbind(difference, level)
  lapply(seq_len(nrow(both)), function(i) both[i, ])
}

# Outcome, regressors and the constant: 1 in the rows in levels.
own_rows <- function(rows, on, settings) {
  check_shape(nrow(rows), length(on))
  constant <- if (settings$constant) as.numeric(level_rows(length(on), settings))
  unname(cbind(rows, constant)) * on
}

own_instruments <- function(W, on, pieces, settings) {
  n_iv <- max(1, pieces$n_iv)
  check_shape(ncol(W), pieces$first_iv + n_iv * (1 + settings$system))
  iv <- pieces$first_iv + seq_len(pieces$n_iv)
  plain <- sweep(W[, iv, drop = FALSE], 2, pieces$in_difference, "*")
  if (settings$system) {
    plain <- plain + sweep(W[, iv + n_iv, drop = FALSE], 2, pieces$in_level, "*")
  }
  constant <- if (settings$constant) as.numeric(level_rows(length(on), settings))
  unname(cbind(W[, pieces$gmm, drop = FALSE], plain, constant)) * on
}

level_rows <- function(n, settings) {
  seq_len(n) > if (settings$system) (n - 1) / 2 else n
}

check_shape <- function(found, expected) {
  if (found != expected) {
    stop("pgmm's matrices have ", found, " rows or columns where ", expected, " are expected: another plm?")
  }
}

# ------------------------------------------------------------------------------------------------- the algebra

# GMM from lists by entity: yX (rows, 1 + k), Z (rows, j); rows of differences first, those in levels after.
# Roodman (2009), How to do xtabond2, section 2; Windmeijer (2005). Returns what native_fits() returns.
solved <- function(stack, design, settings) {
  ZyX <- Map(crossprod, stack$Z, stack$yX)
  cross <- Reduce(`+`, ZyX)
  S1 <- first_step_matrix(stack$Z, settings)
  one <- gmm_step(cross, root_of_inverse(S1))
  scores <- do.call(rbind, lapply(ZyX, function(m) as.vector(m %*% c(1, -one$b))))
  two <- gmm_step(cross, root_of_inverse(crossprod(scores), scores))
  robust <- tcrossprod(one$influence %*% t(scores))
  chosen <- if (settings$steps == 2) two else one
  variance <- error_variance(residuals_at(stack$yX, one$b), design, settings, length(one$b))
  list(
    yX = stack$yX, Z = stack$Z, S1 = S1, criterion = one$criterion, one_step = one$b, estimate = chosen$b,
    influence = chosen$influence, variance = variance, own = TRUE,
    hansen = two$criterion, residuals = residuals_at(stack$yX, chosen$b),
    covariance = switch(settings$std_error,
      conventional = chosen$bread * if (settings$steps == 1) variance[[settings$sigma2]] else 1,
      robust = robust, windmeijer = corrected(two, robust, ZyX, scores)
    )
  )
}

# b of min g'Ag with the moments g = cross[, 1] - cross[, -1] b and A = F'F, as least squares of F g: a trend
# beside a constant costs half of its digits that way, not all of them. u: Ag at the minimum.
gmm_step <- function(cross, F) {
  half <- F %*% cross
  size <- sqrt(colSums(half[, -1, drop = FALSE]^2))
  decomposed <- qr(sweep(half[, -1, drop = FALSE], 2, ifelse(size > 0, size, 1), "/"), tol = 1e-12)
  if (decomposed$rank < length(size)) {
    stop("the design is singular: the instruments do not identify the coefficients")
  }
  R <- sweep(qr.R(decomposed), 2, size, "*")
  rest <- qr.resid(decomposed, half[, 1])
  list(
    b = backsolve(R, qr.qty(decomposed, half[, 1])[seq_along(size)]), bread = chol2inv(R),
    influence = backsolve(R, crossprod(qr.Q(decomposed), F)), u = as.vector(crossprod(F, rest)),
    criterion = sum(rest^2)
  )
}

# Windmeijer (2005): the derivative of the second step's weights with respect to the first step's estimate.
corrected <- function(two, robust, ZyX, scores) {
  slopes <- lapply(ZyX, function(m) m[, -1, drop = FALSE])
  Xu <- do.call(rbind, lapply(slopes, function(m) crossprod(two$u, m)))
  P <- -Reduce(`+`, Map(`*`, slopes, as.vector(scores %*% two$u))) - crossprod(scores, Xu)
  D <- -two$influence %*% P
  V <- two$bread + D %*% two$bread + two$bread %*% t(D) + D %*% robust %*% t(D)
  (V + t(V)) / 2
}

# F with F'F the (generalised) inverse of a sum of squares S, judged at unit diagonal: units of measurement
# decide nothing. scores: where S is scores'scores.
root_of_inverse <- function(S, scores = NULL) {
  size <- sqrt(diag(S))
  present <- size > 0
  scaled <- S[present, present, drop = FALSE] / outer(size[present], size[present])
  rows <- if (!is.null(scores)) sweep(scores[, present, drop = FALSE], 2, size[present], "/")
  root <- root_at_unit_diagonal(scaled, rows)
  F <- matrix(0, nrow(root), nrow(S))
  F[, present] <- sweep(root, 2, size[present], "/")
  F
}

root_at_unit_diagonal <- function(S, rows) {
  found <- eigen(S, symmetric = TRUE)
  kept <- found$values > smallest_eigenvalue(S)
  if (!all(kept)) {
    return(t(found$vectors[, kept, drop = FALSE]) / sqrt(found$values[kept]))
  }
  R <- if (is.null(rows)) chol(S) else qr.R(qr(rows, tol = 0))
  backsolve(R, diag(nrow(S)), transpose = TRUE)
}

smallest_eigenvalue <- function(S) 1e-12 * nrow(S)
