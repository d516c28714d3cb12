# Moments of variables, one by one, missing values left out.

# settings: variables, measures, by (NULL or a column), quantile_type.
fit_descriptive <- function(data, settings) {
  variables <- strings(settings$variables)
  measures <- strings(settings$measures)
  groups <- by_value(data, settings$by)
  tables <- list()
  for (variable in variables) {
    for (group in names(groups)) {
      term <- if (is.null(settings$by)) variable else paste0(variable, "@", group)
      values <- data[[variable]][groups[[group]]]
      tables[[length(tables) + 1]] <- moment_cells(term, values, measures, settings$quantile_type)
    }
  }
  table <- with_reason(do.call(rbind, tables), "too few values")
  estimates(table$cells, table$not_offered)
}

# Row numbers by value of `by`, in the order of its values; all rows where there is no such column.
by_value <- function(data, by) {
  if (is.null(by)) {
    return(list(all = seq_len(nrow(data))))
  }
  values <- data[[by]]
  present <- sort(unique(values[!is.na(values)]))
  labels <- if (is.numeric(present)) format_plain(present) else present
  stats::setNames(lapply(present, function(value) which(values == value)), labels)
}

format_plain <- function(values) {
  vapply(values, function(value) format(value, digits = 15, scientific = FALSE), "")
}

moment_cells <- function(term, values, measures, quantile_type) {
  if (!is.numeric(values)) {
    stop("'", term, "' holds text, not numbers")
  }
  found <- vapply(measures, function(measure) moment(measure, values, quantile_type), numeric(1))
  cells("descriptives", term, measures, found)
}

moment <- function(measure, values, quantile_type) {
  present <- values[!is.na(values)]
  if (measure == "n_obs") {
    return(length(present))
  }
  if (measure == "missing") {
    return(sum(is.na(values)))
  }
  if (length(present) == 0) {
    return(NA_real_)
  }
  switch(measure,
    "mean" = mean(present),
    "sd" = stats::sd(present),
    "variance" = stats::var(present),
    "min" = min(present),
    "max" = max(present),
    "median" = stats::median(present),
    percentile(measure, present, quantile_type)
  )
}

# measure: "p25", "p2.5", ...
percentile <- function(measure, values, type) {
  share <- as.numeric(substring(measure, 2)) / 100
  if (is.na(share)) {
    stop("no moment is called ", measure)
  }
  unname(stats::quantile(values, share, type = type))
}
