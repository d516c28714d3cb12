"""Least squares with conventional standard errors, by numpy: right, and quick to start."""

from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from harness.result import Cell, Estimates


def translate(model, sheet):
    return f"lstsq({model.outcome} on {', '.join(sheet.regressors)})"


def versions():
    return f"fake 1.0, numpy {np.__version__}", "Python"


def fit(model, sheet):
    names = [*sheet.regressors, *(["constant"] if sheet.constant else [])]
    x = np.column_stack([sheet.frame.get(name, 1.0) * np.ones(len(sheet.frame)) for name in names])
    y = sheet.frame[sheet.outcome].to_numpy()
    estimate = np.linalg.lstsq(x, y, rcond=None)[0]
    df = len(y) - len(names)
    residual = y - x @ estimate
    variance = residual @ residual / df * np.linalg.inv(x.T @ x)
    cells = [
        cell for i, name in enumerate(names) for cell in _row(name, estimate[i], sqrt(variance[i, i]), df)
    ]
    return Estimates((*cells, Cell("fit", "model", "n_obs@equation", float(len(y)))))


def _row(name, estimate, std_error, df):
    t = estimate / std_error
    half = stdtrit(df, 0.975) * std_error
    row = {
        "estimate": estimate,
        "std_error": std_error,
        "statistic": t,
        "p_value": 2 * stdtr(df, -abs(t)),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }
    return [Cell("coefficients", name, measure, float(value)) for measure, value in row.items()]
