"""Engines that misbehave, one way each; `agrees` is least squares by numpy, the rest bend or break it."""
