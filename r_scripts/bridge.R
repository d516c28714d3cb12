# The door between Python and the fit functions: a request comes in as bytes, an answer goes out as bytes.
#
# A request is list(folder, packages, script, fun, arguments); an answer is
# list(value, warnings, messages, output, error). Run by a bridge inside one R session (answer_bytes), or as
# a script of its own: Rscript --vanilla bridge.R request.rds answer.rds

answer_bytes <- function(bytes) {
  serialize(answer(unserialize(bytes)), NULL, xdr = TRUE, version = 2)
}

answer <- function(request) {
  absent <- Filter(function(name) !attached(name), as.character(unlist(request$packages)))
  if (length(absent) > 0) {
    return(list(error = list(kind = "package", message = absent[1])))
  }
  run_safely(function() do.call(sourced(request), request$arguments))
}

sourced <- function(request) {
  scope <- new.env(parent = globalenv())
  for (script in unique(c("common.R", as.character(unlist(request$script))))) {
    sys.source(file.path(request$folder, script), envir = scope, keep.source = FALSE)
  }
  get(request$fun, envir = scope)
}

# plm calls itself by name from inside pgmm(), so that it must be attached, not only loaded.
attached <- function(package) {
  suppressWarnings(suppressPackageStartupMessages(
    require(package, character.only = TRUE, quietly = TRUE)
  ))
}

run_safely <- function(task) {
  warned <- character()
  said <- character()
  error <- NULL
  value <- NULL
  output <- utils::capture.output(
    tryCatch(
      withCallingHandlers(
        value <- task(),
        warning = function(w) {
          warned <<- c(warned, conditionMessage(w))
          invokeRestart("muffleWarning")
        },
        message = function(m) {
          said <<- c(said, trimws(conditionMessage(m)))
          invokeRestart("muffleMessage")
        }
      ),
      error = function(e) {
        kind <- if (inherits(e, "unsupported")) "unsupported" else "error"
        error <<- list(kind = kind, message = enc2utf8(conditionMessage(e)))
      }
    )
  )
  list(
    value = value, warnings = enc2utf8(unique(warned)), messages = enc2utf8(unique(said)),
    output = enc2utf8(output), error = error
  )
}

session_versions <- function() {
  plm <- tryCatch(utils::packageDescription("plm")$Version, warning = function(w) "")
  list(
    r = paste(R.version$major, R.version$minor, sep = "."), plm = plm,
    blas = basename(unname(extSoftVersion()["BLAS"]))
  )
}

if (sys.nframe() == 0L) {
  paths <- commandArgs(trailingOnly = TRUE)
  request <- readBin(paths[1], "raw", n = file.size(paths[1]))
  writeBin(answer_bytes(request), paths[2])
}
