# Constructed variables in base R: an index by entropy and TOPSIS, agglomeration over distance, types.

# settings: name, indicators, negative (one truth value each), normalise, shift, time (NULL or a column).
fit_index <- function(data, settings) {
  indicators <- strings(settings$indicators)
  values <- as.matrix(data[indicators])
  groups <- if (is.null(settings$time)) list(seq_len(nrow(data))) else split_rows(data[[settings$time]])
  closeness <- numeric(nrow(data))
  tables <- list()
  for (label in seq_along(groups)) {
    rows <- groups[[label]]
    found <- one_index(values[rows, , drop = FALSE], unlist(settings$negative), settings)
    closeness[rows] <- found$closeness
    suffix <- if (is.null(settings$time)) "" else paste0("@", names(groups)[label])
    tables[[label]] <- cells(
      "index", rep(paste0(indicators, suffix), each = 2), rep(c("weight", "entropy"), length(indicators)),
      rbind(found$weight, found$entropy)
    )
  }
  estimates(do.call(rbind, c(tables, list(index_moments(settings$name, closeness)))))
}

# Row numbers by value, in the order of the values; split() itself would sort numbers as texts.
split_rows <- function(values) {
  present <- sort(unique(values))
  stats::setNames(lapply(present, function(value) which(values == value)), format(present, trim = TRUE))
}

one_index <- function(values, negative, settings) {
  column <- switch(settings$normalise, "min-max" = by_range, "vector" = by_length)
  matrix <- mapply(column, as.data.frame(values), negative)
  shifted <- matrix + settings$shift
  share <- sweep(shifted, 2, colSums(shifted), "/")
  entropy <- -colSums(ifelse(share > 0, share * log(share), 0)) / log(nrow(values))
  weight <- (1 - entropy) / sum(1 - entropy)
  list(entropy = unname(entropy), weight = unname(weight), closeness = topsis(sweep(matrix, 2, weight, "*")))
}

by_range <- function(x, negative) {
  span <- max(x) - min(x)
  if (negative) (max(x) - x) / span else (x - min(x)) / span
}

by_length <- function(x, negative) {
  scaled <- x / sqrt(sum(x^2))
  if (negative) 1 - scaled else scaled
}

# weighted: cases by indicators, more is better
topsis <- function(weighted) {
  to_best <- sqrt(rowSums(sweep(weighted, 2, apply(weighted, 2, max))^2))
  to_worst <- sqrt(rowSums(sweep(weighted, 2, apply(weighted, 2, min))^2))
  unname(to_worst / (to_best + to_worst))
}

# settings: name, share, coordinates, self_distance (NULL or km), decay, row_standardised, pooled, double_sum,
# entity, time. Rows are sorted by entity and time, and every entity has every period.
fit_agglomeration <- function(data, settings) {
  n <- length(unique(data[[settings$entity]]))
  wide <- function(name) matrix(data[[name]], nrow = n, byrow = TRUE)
  share <- lapply(strings(settings$share), wide)
  quotient <- share[[1]] / share[[2]]
  whole <- if (settings$pooled) sum(share[[1]]) / sum(share[[2]]) else colSums(share[[1]]) / colSums(share[[2]])
  quotient <- sweep(quotient, 2, whole, "/")
  place <- lapply(strings(settings$coordinates), function(name) wide(name)[, 1])
  weights <- distance_weights(great_circle(place[[1]], place[[2]]), settings)
  found <- weights %*% quotient
  if (settings$double_sum) {
    found <- matrix(colSums(found), nrow = n, ncol = ncol(found), byrow = TRUE)
  }
  estimates(index_moments(settings$name, as.vector(t(found))))
}

# Haversines on a sphere of the mean radius of WGS 84, in kilometres.
great_circle <- function(latitude, longitude) {
  phi <- latitude * pi / 180
  lambda <- longitude * pi / 180
  haversine <- sin(outer(phi, phi, "-") / 2)^2 +
    outer(cos(phi), cos(phi)) * sin(outer(lambda, lambda, "-") / 2)^2
  2 * 6371.0088 * asin(sqrt(pmin(haversine, 1)))
}

distance_weights <- function(distance, settings) {
  diag(distance) <- if (is.null(settings$self_distance)) Inf else settings$self_distance
  weights <- distance^-settings$decay
  if (settings$row_standardised) weights / rowSums(weights) else weights
}

# settings: name, of, by, growth, cuts and labels (by criterion), names (row by row), type_names, entity, time,
# examples and codes (entities to be told one by one, and their numbers from 0).
fit_quantile_type <- function(data, settings) {
  n <- length(unique(data[[settings$entity]]))
  values <- matrix(data[[settings$of]], nrow = n, byrow = TRUE)
  by <- strings(settings$by)
  criteria <- list(share = mean_share(values), growth = growth_rate(values, settings$growth))[by]
  points <- lapply(by, function(name) {
    unname(stats::quantile(criteria[[name]], unlist(settings$cuts[[name]]), type = 2))
  })
  levels <- Map(function(x, cuts) rowSums(outer(x, cuts, ">")), criteria, points)
  columns <- length(points[[2]]) + 1
  found <- strings(settings$names)[levels[[1]] * columns + levels[[2]] + 1]
  labels <- unlist(lapply(by, function(name) paste0(name, "@", strings(settings$labels[[name]]))))
  types <- strings(settings$type_names)
  estimates(rbind(
    cells("index", labels, "cut_point", unlist(points)),
    cells("index", types, "n_cases", vapply(types, function(type) sum(found == type), 1)),
    cells("index", settings$name, "fingerprint", fingerprint(match(found, types))),
    example_cells(strings(settings$examples), found[unlist(settings$codes) + 1], types)
  ))
}

# Each type and each example: 1 where it has the type.
example_cells <- function(examples, found, types) {
  if (length(examples) == 0) {
    return(NULL)
  }
  terms <- paste0(types, "@", rep(examples, each = length(types)))
  cells("index", terms, "member", as.numeric(rep(found, each = length(types)) == types))
}

mean_share <- function(values) rowMeans(sweep(values, 2, colSums(values), "/"))

growth_rate <- function(values, kind) {
  periods <- ncol(values)
  if (kind == "compound") {
    return((values[, periods] / values[, 1])^(1 / (periods - 1)) - 1)
  }
  rowMeans(values[, -1, drop = FALSE] / values[, -periods, drop = FALSE]) - 1
}

index_moments <- function(name, values) {
  cells(
    "index", name, c("n_obs", "mean", "sd", "min", "max", "fingerprint"),
    c(length(values), mean(values), stats::sd(values), min(values), max(values), fingerprint(values))
  )
}

# A polynomial hash of the texts at ten digits, modulo 2^31 - 1: every product stays below 2^53.
fingerprint <- function(values) {
  bytes <- utf8ToInt(paste0(sprintf("%.9e\n", values + 0), collapse = ""))
  Reduce(function(hash, byte) (hash * 1000003 + byte) %% 2147483647, bytes, 0)
}
