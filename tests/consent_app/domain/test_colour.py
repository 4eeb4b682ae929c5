"""Contrast by WCAG."""

import pytest

from consent_app.domain.colour import contrast, luminance


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#ffffff", "#595959", 7.0),
    ],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("colour", ["#FFF", "0017c1", "#0017cg", "#0017c1 "])
def test_refuses_other_spellings(colour: str) -> None:
    with pytest.raises(ValueError, match=r"0017c|FFF"):
        luminance(colour)
