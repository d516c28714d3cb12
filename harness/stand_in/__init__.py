"""Data that stand in for an article's, which cannot be shared: seeded, and unmistakably made up."""

from harness.stand_in.files import PANEL_FILE, SOURCES_FILE, text, write
from harness.stand_in.panel import SEED, Panel, panel
from harness.stand_in.sources import sources

__all__ = ["PANEL_FILE", "SEED", "SOURCES_FILE", "Panel", "panel", "sources", "text", "write"]
