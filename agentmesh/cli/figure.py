"""What a number on the command line is."""

import math
from typing import Any

import click


class Count(click.IntRange):
    """A whole number within bounds."""

    name = "number"


class Figure(click.FloatRange):
    """A number within bounds: neither `nan`, which is outside of none, nor what is endless."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number that was typed."""
        found: float = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is no number.", param, ctx)
        return found
