# Times plm's pgmm with its summary on a panel from a CSV file; the answer is one line of JSON.
suppressMessages(library(plm))
arguments <- commandArgs(trailingOnly = TRUE)
d <- read.csv(arguments[1])
x <- paste0("x", 1:6)
equation <- paste("y ~ lag(y, 1) +", paste(x, collapse = " + "))
lags <- function(names, last) paste0("lag(", names, ", 2:", last, ")", collapse = " + ")
instruments <- switch(arguments[2],
  collapsed = paste(lags("y", 8), "|", paste(x, collapse = " + ")),
  outcome = paste(lags("y", 99), "|", paste(x, collapse = " + ")),
  all = lags(c("y", x), 99)
)
estimate <- function(data) {
  m <- pgmm(as.formula(paste(equation, "|", instruments)), data = data, index = c("id", "t"),
            effect = "individual", model = "twosteps", transformation = "ld",
            collapse = arguments[2] == "collapsed")
  list(model = m, summary = summary(m, robust = TRUE))
}
if (arguments[2] != "all") invisible(suppressWarnings(estimate(d[d$id < 60, ])))
time <- system.time(found <- suppressWarnings(estimate(d)))
row <- found$summary$coefficients[1, 1:2]
columns <- ncol(found$model$W[[1]])
cat(sprintf("[%.4f, %.4f, %d, %.15g, %.15g]", time[["elapsed"]], time[["user.self"]] + time[["sys.self"]],
            columns, row[1], row[2]), sep = "\n")
