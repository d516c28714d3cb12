"""What every model of a column may carry."""

from collections.abc import Iterator

from pydantic import Field

from harness.spec.fields import Fault, Strict, Text, variant_faults


class Model(Strict):
    """Keys that every model may carry in a column."""

    variants: dict[str, str] = Field(
        default={}, description="Which variant the print's plain name means here, e.g. {sargan: xtabond}"
    )
    sample: Text | None = Field(
        default=None, description="Expression; the rows used, e.g. year >= 1978 and sector == 3"
    )

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from variant_faults(self.variants)
