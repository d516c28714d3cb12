"""Re-estimate published tables in Python and in R, and say what differs, by how much and why."""

__version__ = "0.1.0"
