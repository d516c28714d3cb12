"""The agreed table: an engine's numbers, in the shape and with the digits of the print."""

from harness.export.forms import FORMS
from harness.export.layout import Agreed, agreed

__all__ = ["FORMS", "Agreed", "agreed"]
