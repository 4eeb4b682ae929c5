"""Contrast of colours by WCAG 2.2."""

from __future__ import annotations

import re

WHITE = "#ffffff"
# Success criterion 1.4.3, normal text.
MINIMUM_CONTRAST = 4.5

HEX_COLOUR = re.compile(r"#[0-9a-f]{6}")


def luminance(colour: str) -> float:
    """Relative luminance (0 black to 1 white) of ``#rrggbb``.

    Source: WCAG 2.2, definition of relative luminance.

    Raises:
        ValueError: not a colour of six hexadecimal digits.
    """
    if not HEX_COLOUR.fullmatch(colour):
        raise ValueError(colour)
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
