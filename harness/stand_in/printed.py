"""What the stand-in panel takes from the article: moments, sizes of sub-samples, coefficients."""

from collections.abc import Mapping
from types import MappingProxyType

from harness.stand_in.moments import Printed
from harness.stand_in.thirds import Sizes

CITIES, YEARS = 280, range(2005, 2022)

# Table 2: mean, standard deviation, smallest, largest; the last number is ours: decimals of the values. Where
# a mean has two decimals the values have two, so that it can be met.
TABLE_2: Mapping[str, Printed] = MappingProxyType(
    {
        "NQ": Printed(0.083, 0.035, 0.043, 0.343, 6),
        "VA": Printed(1.070, 0.680, 0.183, 12.335, 6),
        "V1": Printed(0.209, 0.625, 0.0, 12.335, 6),
        "V2": Printed(0.160, 0.451, 0.0, 6.632, 6),
        "V3": Printed(0.167, 0.318, 0.0, 2.042, 6),
        "V4": Printed(0.316, 0.714, 0.0, 10.692, 6),
        "V5": Printed(0.218, 0.396, 0.0, 2.667, 6),
        "MS": Printed(87735.28, 118541.3, 0.0, 4640000.0, 2),
        "TI": Printed(1400186.0, 2420057.0, 79.0, 38500000.0, 0),
        "CT": Printed(15735.73, 46806.78, 14.0, 1291150.0, 2),
        "FI": Printed(3452720.0, 11900000.0, 0.0, 151000000.0, 0),
        "DI": Printed(10.461, 8.925, 0.05, 530.0, 4),
    }
)
TYPES = ("V1", "V2", "V3", "V4", "V5")

# Tables 3 and 4, lowest third first: observations (rows with a lag), cities.
SIZES = Sizes(rows=(1292, 1169, 1289), cities=(186, 227, 200))

# One type a city. By the second moments of Table 2 a type has at least 29, 32, 61, 46, 66 cities; these 234
# leave 46 to be placed at will.
TYPE_SIZES: Mapping[str, int] = MappingProxyType({"V1": 36, "V2": 38, "V3": 72, "V4": 58, "V5": 76})

# The means of V1 to V5 add up to that of VA as printed; their second moments do so inside rounding only, at
# standard deviations a fifth of a unit of the last digit above the printed ones.
TYPE_SD_SHIFT = 0.0002

# The truth of each third, lowest first: NQ = constant + L1.NQ + V1..V5 + city effect + noise, controls 0.
# V1..V5 are the printed coefficients of the columns without a control (Table 4, I; Table 3, VII and I). The
# coefficient of L1.NQ is printed nowhere: invented, in the two outer thirds so that the constant comes near
# the printed one; in the middle third the printed constant would ask for one above 1.
TRUTH: tuple[Mapping[str, float], ...] = (
    MappingProxyType({"L1.NQ": 0.85, "V1": 0.004, "V2": 0.008, "V3": 0.019, "V4": 0.027, "V5": -0.021}),
    MappingProxyType({"L1.NQ": 0.60, "V1": 0.0024, "V2": 0.002, "V3": -0.029, "V4": 0.001, "V5": 0.013}),
    MappingProxyType({"L1.NQ": 0.40, "V1": 0.011, "V2": -0.043, "V3": 0.363, "V4": 0.007, "V5": -0.328}),
)
