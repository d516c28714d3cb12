"""What fsqca raises: one class, one sentence an error."""


class FsqcaError(ValueError):
    """
    Data or settings are not fit for the analysis; the message names the place, the fault and the next step.
    """
