# Tables of configurations by the package QCA: truth table, necessary sets, minimal models with their fit.

# data: raw columns, one a set; settings: outcome, conditions, calibration, incl_cut, pri_cut, n_cut,
# exclude, solution, expectations, necessity, panel, tests, ranges, checks, most_cases, cases.
fit_qca <- function(data, settings) {
  sets <- plain_sets(calibrated(data, settings), settings)
  table <- truth_table(sets, settings)
  found <- list(
    row_cells(table, sets), necessity_cells(sets, settings$necessity, settings$panel),
    case_cells("outcome", sets$outcome_values, settings),
    if (settings$checks) check_cells(table, sets)
  )
  absent <- list(if (length(settings$ranges) > 0) lacking("robustness", "*", RANGE_MEASURES, NO_RANGES))
  for (kind in strings(settings$solution)) {
    solved <- solve_or_reason(kind, table, sets, settings)
    if (!is.null(solved$reason)) {
      absent <- c(absent, list(lacking("solution", "*", "*", solved$reason)))
      break
    }
    tried <- tests_or_reason(kind, solved$pairs, data, sets, settings)
    found <- c(found, list(solution_cells(kind, solved$pairs, sets, settings), tried$cells))
    absent <- c(absent, list(tried$absent))
  }
  made <- do.call(rbind, found)
  made <- made[!is.na(made$value), ]
  estimates(made, do.call(rbind, absent), recomputed(made))
}

RANGE_MEASURES <- c("value", "range_low", "range_high")
NO_RANGES <- paste(
  "QCA has no sensitivity ranges, and R's SetMethods goes by steps, which do not find the exact ends"
)

qca_version <- function() as.character(utils::packageVersion("QCA"))

# What the package rounds to text, or does not tell: our own sums over its matrix of memberships.
recomputed <- function(made) {
  own <- made$part %in% c("cases", "panel", "robustness") |
    made$measure %in% c("n_in", "n_out", "n_half", "role") |
    (made$part == "truth_table" & made$measure %in% c("inclusion", "pri"))
  made[own, c("part", "term", "measure")]
}

# --------------------------------------------------------------------------------------------- the sets

calibrated <- function(data, settings) {
  for (name in names(settings$calibration)) {
    how <- settings$calibration[[name]]
    data[[name]] <- calibrated_column(data[[name]], how, as.numeric(unlist(how$anchors)))
  }
  data
}

calibrated_column <- function(raw, how, anchors) {
  switch(how$method,
    "none" = raw,
    "direct" = QCA::calibrate(
      raw,
      type = "fuzzy", thresholds = anchors, logistic = how$logistic, idm = how$idm,
      below = how$below, above = how$above
    ),
    "ecdf" = along_data(raw, anchors),
    "bell" = QCA::calibrate(
      raw,
      type = "fuzzy", thresholds = anchors, logistic = FALSE, below = how$below, above = how$above
    ),
    "indirect" = QCA::calibrate(raw, type = "fuzzy", method = "indirect", thresholds = anchors),
    # The package takes the lowest category to be 1.
    "tfr" = QCA::calibrate(raw - min(raw) + 1, type = "fuzzy", method = "TFR"),
    "crisp" = QCA::calibrate(raw, type = "crisp", thresholds = anchors),
    stop("no calibration is called ", how$method)
  )
}

# The package drops values beyond the anchors by negative indices, and all values where there are none beyond.
along_data <- function(raw, anchors) {
  if (!any(raw < min(anchors)) || !any(raw > max(anchors))) {
    unsupported("calibrate(ecdf = TRUE) of R's QCA needs values beyond either outer anchor: else it has no data")
  }
  QCA::calibrate(raw, type = "fuzzy", thresholds = anchors, logistic = FALSE, ecdf = TRUE)
}

# The package reads names as expressions: a set called "n" or "OUT", or one name inside another, leads it
# astray. Here conditions are SA, SB, ... and the outcome is YY.
plain_sets <- function(data, settings) {
  conditions <- strings(settings$conditions)
  negated <- startsWith(settings$outcome, "~")
  outcome <- sub("^~", "", settings$outcome)
  plain <- paste0("S", LETTERS[seq_along(conditions)])
  frame <- stats::setNames(as.data.frame(lapply(data[c(conditions, outcome)], as.numeric)), c(plain, "YY"))
  list(
    data = frame, conditions = conditions, plain = plain, outcome = if (negated) "~YY" else "YY",
    outcome_name = settings$outcome, outcome_values = if (negated) 1 - frame$YY else frame$YY
  )
}

# "SA*~SB" with the names of the data, literals in the order of the conditions.
named <- function(term, sets, join = "*") {
  literals <- trimws(strsplit(term, join, fixed = TRUE)[[1]])
  at <- match(sub("^~", "", literals), sets$plain)
  signs <- ifelse(startsWith(literals, "~"), "~", "")[order(at)]
  paste0(signs, sets$conditions[sort(at)], collapse = join)
}

# --------------------------------------------------------------------------------------- the truth table

# The call is made of values: findRows() takes it apart and evaluates it elsewhere.
truth_table <- function(sets, settings, excluded = excluded_rows(sets, settings)) {
  cut <- as.numeric(unlist(settings$incl_cut))
  given <- list(
    data = sets$data, outcome = sets$outcome, conditions = sets$plain,
    incl.cut = if (cut[1] == cut[2]) cut[1] else cut, n.cut = settings$n_cut, pri.cut = settings$pri_cut
  )
  do.call(QCA::truthTable, c(given, if (length(excluded) > 0) list(exclude = excluded)))
}

# Row numbers: configurations inside the terms given, or what the package calls untenable.
excluded_rows <- function(sets, settings) {
  terms <- strings(settings$exclude)
  if (length(terms) == 0) {
    return(integer())
  }
  if (identical(terms, "untenable")) {
    return(untenable_rows(truth_table(sets, settings, integer())))
  }
  all <- configurations(length(sets$plain))
  inside <- Reduce(`|`, lapply(terms, function(term) {
    literals <- strsplit(term, "*", fixed = TRUE)[[1]]
    columns <- match(sub("^~", "", literals), sets$conditions)
    wanted <- as.integer(!startsWith(literals, "~"))
    apply(all[, columns, drop = FALSE], 1, function(row) all(row == wanted))
  }))
  which(inside)
}

# 2 and 3: contradictory simplifying assumptions, simultaneous subsets. An outcome of which one side has no
# solution has no assumptions.
untenable_rows <- function(table) {
  sort(unique(as.integer(unlist(lapply(2:3, found_rows, table = table)))))
}

found_rows <- function(type, table) {
  tryCatch(QCA::findRows(obj = table, type = type), error = function(e) {
    if (!grepl(NOTHING_TO_SOLVE, conditionMessage(e))) stop(e)
    NULL
  })
}

# (2^k, k), row 1 all absent, the first condition the most significant.
configurations <- function(k) {
  as.matrix(rev(expand.grid(rep(list(0:1), k))))
}

# The columns are read by position: a condition may be called like one of them. PRI and inclusion are text
# there, rounded to 15 digits; here they are sums over `minmat`.
row_cells <- function(table, sets) {
  k <- length(sets$plain)
  tt <- table$tt[table$tt[[k + 2]] > 0, , drop = FALSE]
  y <- sets$outcome_values
  fits <- vapply(rownames(tt), function(row) {
    if (!row %in% colnames(table$minmat)) {
      return(c(NA, NA))
    }
    m <- table$minmat[, row]
    both <- sum(pmin(m, y))
    neither <- sum(pmin(m, y, 1 - y))
    c(both / sum(m), (both - neither) / (sum(m) - neither))
  }, numeric(2))
  codes <- c("0" = 0, "1" = 1, "C" = 2, "?" = 3)
  terms <- rows_written(tt, sets)
  rbind(
    cells("truth_table", terms, "output", codes[as.character(tt[[k + 1]])]),
    cells("truth_table", terms, "n_cases", tt[[k + 2]]),
    cells("truth_table", terms, "inclusion", fits[1, ]),
    cells("truth_table", terms, "pri", fits[2, ])
  )
}

rows_written <- function(tt, sets) {
  apply(tt[, seq_along(sets$plain), drop = FALSE], 1, function(row) {
    paste0(ifelse(row == 1, "", "~"), sets$conditions, collapse = "*")
  })
}

# Cases on either side of 0.5 in every set; positive rows that are positive for the negated outcome too.
check_cells <- function(table, sets) {
  values <- c(as.list(sets$data[sets$plain]), list(sets$outcome_values))
  names <- c(sets$conditions, sets$outcome_name)
  count <- function(test) vapply(values, function(x) sum(test(x, 0.5)), 0)
  positive <- table$tt[table$tt[[length(sets$plain) + 1]] == "1", , drop = FALSE]
  rbind(
    cells("checks", names, "n_in", count(`>`)),
    cells("checks", names, "n_out", count(`<`)),
    cells("checks", names, "n_half", count(`==`)),
    if (nrow(positive) > 0) {
      both <- rownames(positive) %in% as.character(found_rows(3, table))
      cells("checks", rows_written(positive, sets), "simultaneous_subset", both)
    }
  )
}

# ------------------------------------------------------------------------------------------- necessity

necessity_cells <- function(sets, cuts, panel) {
  if (is.null(cuts)) {
    return(NULL)
  }
  single <- QCA::pofind(sets$data, outcome = sets$outcome, conditions = sets$plain)$incl.cov
  combined <- combinations(sets, cuts)
  rbind(
    necessary(single, sets),
    if (!is.null(combined)) necessary(combined, sets),
    if (!is.null(panel)) necessary_in_panel(trimws(c(rownames(single), rownames(combined))), sets, panel)
  )
}

# Combinations that pass. The package stops where none does.
combinations <- function(sets, cuts) {
  found <- tryCatch(
    QCA::superSubset(
      sets$data,
      outcome = sets$outcome, conditions = sets$plain, relation = "necessity",
      incl.cut = cuts$incl_cut, cov.cut = cuts$cov_cut, ron.cut = cuts$ron_cut
    )$incl.cov,
    error = function(e) if (grepl("no combinations|no configurations", conditionMessage(e))) NULL else stop(e)
  )
  if (is.null(found)) {
    return(NULL)
  }
  either <- grepl("+", rownames(found), fixed = TRUE)
  wanted <- (either & cuts$disjunctions) | grepl("*", rownames(found), fixed = TRUE)
  if (any(wanted)) found[wanted, , drop = FALSE]
}

# Row names of the negated half begin with a blank.
necessary <- function(fits, sets) {
  terms <- vapply(trimws(rownames(fits)), named_set, "", sets = sets)
  rbind(
    cells("necessity", terms, "inclusion", fits$inclN), cells("necessity", terms, "ron", fits$RoN),
    cells("necessity", terms, "coverage", fits$covN)
  )
}

named_set <- function(term, sets) named(term, sets, if (grepl("+", term, fixed = TRUE)) "+" else "*")

necessary_in_panel <- function(terms, sets, panel) {
  do.call(rbind, lapply(terms, function(term) {
    x <- in_any(trimws(strsplit(term, "+", fixed = TRUE)[[1]]), sets)
    panel_cells(named_set(term, sets), x, sets, panel, "necessity")
  }))
}

# ------------------------------------------------------------------------------------------- solutions

# What a table cannot be minimised for, in the package's own words.
NOTHING_TO_SOLVE <- "None of the values in OUT is explained|All truth table configurations are used"

solve_or_reason <- function(kind, table, sets, settings) {
  tryCatch(
    list(pairs = solution_pairs(kind, table, sets, settings)),
    error = function(e) {
      said <- gsub("[[:space:]]+", " ", trimws(conditionMessage(e)))
      if (!grepl(NOTHING_TO_SOLVE, said)) stop(e)
      list(reason = paste0("R's QCA says: ", sub("[.]$", "", said)))
    }
  )
}

# A list of pairs (conservative and parsimonious models between which they lie; one where the solution is not
# intermediate): models, their fit, the parsimonious terms. Top level $solution stays parsimonious in an
# intermediate solution.
solution_pairs <- function(kind, table, sets, settings) {
  if (kind == "intermediate") {
    minimised <- QCA::minimize(
      table,
      include = "?", dir.exp = expectations(sets, settings$expectations), details = TRUE
    )
    return(lapply(unname(minimised$i.sol), function(pair) {
      list(models = unname(pair$solution), fit = pair$IC, wide = pair$p.sol)
    }))
  }
  minimised <- QCA::minimize(table, include = if (kind == "parsimonious") "?" else "", details = TRUE)
  list(list(models = unname(minimised$solution), fit = minimised$IC, wide = character()))
}

expectations <- function(sets, given) {
  paste(vapply(sets$conditions, function(name) {
    if (is.null(given[[name]])) "-" else as.character(given[[name]])
  }, ""), collapse = ",")
}

solution_cells <- function(kind, pairs, sets, settings) {
  models <- distinct_models(pairs)
  ambiguous <- length(models) > 1
  union <- unique(unlist(models))
  fitted <- do.call(rbind, lapply(pairs, function(pair) model_cells(kind, pair, sets, ambiguous)))
  rbind(
    cells("solution", paste0(kind, ":solution"), "n_models", length(models)),
    if (!ambiguous) whole_cells(kind, pairs[[1]]$fit),
    overall_cells(kind, pairs, union, sets),
    fitted[!duplicated(fitted[c("term", "measure")]), ],
    if (kind == "intermediate") role_cells(pairs, sets),
    if (!is.null(settings$panel)) solution_in_panel(kind, models, sets, settings$panel),
    case_cells(kind, in_any(union, sets), settings)
  )
}

distinct_models <- function(pairs) {
  unique(do.call(c, lapply(pairs, function(pair) lapply(pair$models, sort))))
}

# Of every model; the only one is the solution.
addresses <- function(kind, models, sets) {
  if (length(models) == 1) {
    return(paste0(kind, ":solution"))
  }
  paste0(kind, ":model:", vapply(models, model_text, "", sets = sets))
}

whole_cells <- function(kind, fit) {
  fit_of("solution", paste0(kind, ":solution"), single(fit)$sol.incl.cov)
}

# The fit of the only model. With several the package keeps one fit a model, and one of all their terms.
single <- function(fit) if (is.null(fit$individual)) fit else fit$individual[[1]]

fit_of <- function(part, term, fit) {
  rbind(
    cells(part, term, "inclusion", fit$inclS), cells(part, term, "pri", fit$PRI),
    cells(part, term, "coverage", fit$covS)
  )
}

# Terms of all models; unique coverage against all of them. Over several pairs the package has no such
# number, so that its `pof` is asked for the disjunction.
overall_cells <- function(kind, pairs, union, sets) {
  fit <- if (length(pairs) == 1) {
    found <- pairs[[1]]$fit
    if (is.null(found$overall)) found$incl.cov else found$overall$incl.cov
  } else if (length(union) == 1) {
    single(pairs[[1]]$fit)$incl.cov
  } else {
    all <- QCA::pof(paste(paste(union, collapse = " + "), "->", sets$outcome), data = sets$data)$incl.cov
    all[seq_along(union), ]
  }
  terms <- paste0(kind, ":", vapply(trimws(rownames(fit)), named, "", sets = sets))
  unique <- suppressWarnings(as.numeric(fit$covU)) # NA for the only term of a model
  rbind(fit_of("solution", terms, fit), cells("solution", terms, "unique_coverage", unique))
}

model_cells <- function(kind, pair, sets, ambiguous) {
  fits <- if (is.null(pair$fit$individual)) list(pair$fit) else unname(pair$fit$individual)
  do.call(rbind, lapply(seq_along(pair$models), function(i) {
    address <- paste0(kind, ":model:", model_text(pair$models[[i]], sets))
    inside <- fits[[i]]$incl.cov
    terms <- vapply(trimws(rownames(inside)), named, "", sets = sets)
    rbind(
      fit_of("solution", address, fits[[i]]$sol.incl.cov),
      if (ambiguous) {
        unique <- suppressWarnings(as.numeric(inside$covU))
        cells("solution", paste0(address, "|", terms), "unique_coverage", unique)
      }
    )
  }))
}

# Sorted by byte, as in any place.
model_text <- function(model, sets) {
  terms <- vapply(model, named, "", sets = sets)
  paste(sort(terms, method = "radix"), collapse = " + ")
}

# Core is what a parsimonious term that contains the term has as well, in any pair that gives the term.
role_cells <- function(pairs, sets) {
  found <- list()
  for (pair in pairs) {
    wide <- strsplit(pair$wide, "*", fixed = TRUE)
    for (term in unique(unlist(pair$models))) {
      literals <- strsplit(term, "*", fixed = TRUE)[[1]]
      inside <- Filter(function(other) all(other %in% literals), wide)
      core <- literals %in% unlist(inside)
      before <- found[[term]]
      found[[term]] <- stats::setNames(if (is.null(before)) core else core | before, literals)
    }
  }
  do.call(rbind, lapply(names(found), function(term) {
    literals <- vapply(names(found[[term]]), named, "", sets = sets)
    address <- paste0("intermediate:", named(term, sets), "|", literals)
    cells("solution", address, "role", ifelse(found[[term]], 2, 1))
  }))
}

# ------------------------------------------------------------------------------------------- the panel

# Every term, then the whole solution; where there are several models, every model.
solution_in_panel <- function(kind, models, sets, panel) {
  terms <- unique(unlist(models))
  subjects <- c(paste0(kind, ":", vapply(terms, named, "", sets = sets)), addresses(kind, models, sets))
  memberships <- lapply(c(as.list(terms), models), in_any, sets = sets)
  do.call(rbind, Map(function(subject, x) panel_cells(subject, x, sets, panel), subjects, memberships))
}

# Pooled, between periods and within entities (Garcia-Castro and Arino 2016): sums over memberships. The
# package QCA has nothing of the kind. panel: time and entity, each a key's name and its labels row by row.
panel_cells <- function(term, x, sets, panel, relation = "sufficiency") {
  y <- sets$outcome_values
  divisors <- list(inclusion = x, coverage = y)
  if (relation == "necessity") names(divisors) <- rev(names(divisors))
  each <- strings(panel$each)
  do.call(rbind, lapply(c("inclusion", "coverage"), function(measure) {
    z <- divisors[[measure]]
    shares <- lapply(panel[c("time", "entity")], function(key) shares_by(pmin(x, y), z, strings(key$labels)))
    before <- if (measure == "coverage") "coverage_" else ""
    rbind(
      cells("panel", term, measure, if (sum(z) > 0) sum(pmin(x, y)) / sum(z) else NA),
      cells("panel", term, paste0(before, "between_distance"), distance(shares$time)),
      cells("panel", term, paste0(before, "within_distance"), distance(shares$entity)),
      do.call(rbind, lapply(each, function(role) {
        group <- paste0(term, "|", panel[[role]]$name, "=", names(shares[[role]]))
        cells("panel", group, measure, shares[[role]])
      }))
    )
  }))
}

# A group in which nobody is a member is consistent.
shares_by <- function(both, divisor, labels) {
  sums <- rowsum(cbind(both, divisor), labels)
  stats::setNames(ifelse(sums[, 2] == 0, 1, sums[, 1] / sums[, 2]), rownames(sums))
}

# Euclidean, of the groups' parts in their sum from equal parts.
distance <- function(shares) sqrt(sum((shares / sum(shares) - 1 / length(shares))^2))

# ------------------------------------------------------------------------------------------- robustness

# Every initial model against the models of all test solutions (Oana and Schneider 2021), or why a test has
# none. Each test's memberships are those of its own sets. Sums over memberships, all ours.
tests_or_reason <- function(kind, pairs, data, sets, settings) {
  tests <- list()
  for (name in names(settings$tests)) {
    varied <- settings
    varied[names(settings$tests[[name]])] <- settings$tests[[name]]
    its <- plain_sets(calibrated(data, varied), varied)
    solved <- solve_or_reason(kind, truth_table(its, varied), its, varied)
    if (!is.null(solved$reason)) {
      reason <- paste0(kind, ": robustness.tests.", name, ": ", solved$reason)
      return(list(absent = lacking("robustness", "*", "*", reason)))
    }
    tests[[name]] <- lapply(distinct_models(solved$pairs), in_any, sets = its)
  }
  models <- distinct_models(pairs)
  list(cells = do.call(rbind, Map(function(address, model) {
    robustness_cells(address, in_any(model, sets), tests, sets$outcome_values)
  }, if (length(tests) > 0) addresses(kind, models, sets), if (length(tests) > 0) models)))
}

robustness_cells <- function(address, initial, tests, y) {
  all <- against_tests(initial, unlist(tests, recursive = FALSE), y)
  rbind(
    cells("robustness", address, names(all), all),
    do.call(rbind, lapply(names(tests), function(name) {
      one <- against_tests(initial, tests[[name]], y)[c("rf_sc_min_ts", "rcc_rank")]
      cells("robustness", paste0(address, "|", name), names(one), one)
    }))
  )
}

# least and most are the intersection and the union of the test solutions.
against_tests <- function(initial, tests, y) {
  least <- do.call(pmin, unname(tests))
  most <- do.call(pmax, unname(tests))
  core <- pmin(initial, least)
  covered <- function(x) sum(pmin(x, y))
  coincidence <- function(x) sum(pmin(initial, x)) / sum(pmax(initial, x))
  stands <- list(
    robust = initial > 0.5 & least > 0.5, shaky = initial > 0.5 & least < 0.5,
    possible = initial < 0.5 & most > 0.5
  )
  typical <- vapply(stands, function(rows) sum(rows & y > 0.5), 0)
  deviant <- vapply(stands, function(rows) sum(rows & y < 0.5), 0)
  c(
    rf_cov = covered(core) / covered(initial),
    rf_cons = (covered(initial) / sum(initial)) / (covered(core) / sum(core)),
    rf_sc_min_ts = coincidence(least), rf_sc_max_ts = coincidence(most),
    core_inclusion = covered(core) / sum(core), core_coverage = covered(core) / sum(y),
    rcr_typ = typical[["robust"]] / sum(typical), rcr_dev = deviant[["robust"]] / sum(deviant),
    rcc_rank = 1 + 2 * any(stands$shaky) + any(stands$possible),
    stats::setNames(typical, paste0(names(stands), "_typical")),
    stats::setNames(deviant, paste0(names(stands), "_deviant"))
  )
}

# ------------------------------------------------------------------------------------------- the cases

in_any <- function(terms, sets) {
  do.call(pmax, lapply(terms, function(term) {
    literals <- strsplit(term, "*", fixed = TRUE)[[1]]
    do.call(pmin, lapply(literals, function(literal) {
      x <- sets$data[[sub("^~", "", literal)]]
      if (startsWith(literal, "~")) 1 - x else x
    }))
  }))
}

case_cells <- function(measure, memberships, settings) {
  if (length(memberships) > settings$most_cases) {
    return(NULL)
  }
  cells("cases", strings(settings$cases), measure, memberships)
}
