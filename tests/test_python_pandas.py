"""Descriptives by pandas: the moments R gives on the same values."""

import statistics

import numpy as np
import pandas as pd
import pytest

from harness.engines import python_pandas, r_base
from harness.errors import Unsupported
from harness.sheet import Sheet
from harness.spec import MODEL_ADAPTER, AnyModel

VALUES = [1.0, 2.0, 4.0, 7.0, 11.0, 16.0]
# R 4.2.2: quantile(c(1, 2, 4, 7, 11, 16), c(.1, .25, .3, .9), type = ...)
QUANTILES = {
    1: (1, 2, 2, 16),
    2: (1, 2, 2, 16),
    3: (1, 2, 2, 11),
    4: (1.0, 1.5, 1.8, 13.0),
    5: (1.1, 2.0, 2.6, 15.5),
    6: (1.00, 1.75, 2.20, 16.00),
    7: (1.5, 2.5, 3.0, 13.5),
    8: (1.0, 1.91666666666667, 2.46666666666667, 16.0),
    9: (1.0, 1.9375, 2.5, 16.0),
}


def model(**settings: object) -> AnyModel:
    return MODEL_ADAPTER.validate_python({"model": "descriptive", "variables": ["x"], **settings})


def moments(frame: pd.DataFrame, **settings: object) -> dict[tuple[str, str], float]:
    found = python_pandas.fit(model(**settings), Sheet(frame=frame))
    return {(cell.term, cell.measure): cell.value for cell in found.cells}


@pytest.mark.parametrize("quantile_type", QUANTILES)
def test_percentiles_are_those_of_r_under_the_same_type(quantile_type: int) -> None:
    found = moments(
        pd.DataFrame({"x": VALUES}), measures=["p10", "p25", "p30", "p90"], quantile_type=quantile_type
    )
    assert list(found.values()) == pytest.approx(QUANTILES[quantile_type], rel=1e-13)


def test_the_standard_deviation_divides_by_n_less_one() -> None:
    found = moments(pd.DataFrame({"x": VALUES}), measures=["sd", "variance", "median"])
    assert found["x", "sd"] == pytest.approx(5.77638872191499, rel=1e-14)  # R: sd(x)
    assert found["x", "variance"] == pytest.approx(5.77638872191499**2, rel=1e-13)
    assert found["x", "median"] == 5.5


def test_missing_values_are_left_out_and_counted() -> None:
    found = moments(pd.DataFrame({"x": [*VALUES, np.nan]}), measures=["n_obs", "mean", "missing"])
    assert found == {("x", "n_obs"): 6, ("x", "mean"): 41 / 6, ("x", "missing"): 1}


def test_a_group_stands_behind_an_at_sign_without_a_decimal_point() -> None:
    frame = pd.DataFrame({"x": VALUES, "year": [1980.0, 1980, 1980, 1981, 1981, np.nan]})
    found = moments(frame, by="year", measures=["mean", "max"])
    assert found == {
        ("x@1980", "mean"): 7 / 3,
        ("x@1980", "max"): 4,
        ("x@1981", "mean"): 9,
        ("x@1981", "max"): 11,
    }


def test_one_value_has_no_standard_deviation_and_says_so() -> None:
    found = python_pandas.fit(model(measures=["mean", "sd"]), Sheet(frame=pd.DataFrame({"x": [3.0]})))
    assert [cell.measure for cell in found.cells] == ["mean"]
    assert [(item.term, item.measure) for item in found.not_offered] == [("x", "sd")]


def test_the_call_can_be_read() -> None:
    text = python_pandas.translate(
        model(measures=["mean", "p25"], quantile_type=6, by="year"), Sheet(pd.DataFrame())
    )
    assert text.splitlines() == [
        "df.groupby(\"year\")[['x']].mean()",
        'df.groupby("year")[[\'x\']].agg(lambda x: np.quantile(x.dropna(), 0.25, method="weibull"))',
    ]


def test_another_model_is_not_its_business() -> None:
    linear = MODEL_ADAPTER.validate_python(
        {"model": "linear", "outcome": "y", "regressors": {}, "std_error": "robust"}
    )
    with pytest.raises(Unsupported, match="linear"):
        python_pandas.fit(linear, Sheet(frame=pd.DataFrame()))


def test_a_populations_standard_deviation_divides_by_n_which_r_does_not_offer() -> None:
    found = moments(pd.DataFrame({"x": VALUES}), measures=["sd", "variance"], sd_denominator="n")
    assert found["x", "sd"] == pytest.approx(statistics.pstdev(VALUES), rel=1e-14)
    assert found["x", "variance"] == pytest.approx(statistics.pvariance(VALUES), rel=1e-14)
    with pytest.raises(Unsupported, match="divide by n-1, never by n"):
        r_base.translate(model(sd_denominator="n"), Sheet(pd.DataFrame()))
