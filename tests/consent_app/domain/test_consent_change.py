"""Which changes of what is asked for leave earlier consents as they are."""

from dataclasses import replace

import pytest

from consent_app.domain.consent_change import Asked, is_material

ASKED = Asked("お知らせを送るため", "To send news", "", "", frozenset({"email", "name"}), "例の百貨店")


@pytest.mark.parametrize(
    ("changes", "material"),
    [
        ({}, False),
        ({"text_ja": "お知らせを、送るため。"}, False),
        ({"text_en": "To send NEWS."}, False),
        ({"provided_to": "例の 百貨店"}, False),
        ({"items": frozenset({"email"})}, False),
        ({"items": frozenset({"email", "name", "birth_date"})}, True),
        ({"items": frozenset({"email", "telephone"})}, True),
        ({"text_ja": "お知らせと広告を送るため"}, True),
        ({"text_en": "To send news and advertising"}, True),
        ({"explanation_ja": "夏の企画です"}, True),
        ({"explanation_en": "For the summer"}, True),
        ({"provided_to": ""}, True),
        ({"provided_to": "例の銀行"}, True),
    ],
)
def test_material(changes: dict[str, object], material: bool) -> None:
    assert is_material(ASKED, replace(ASKED, **changes)) is material  # type: ignore[arg-type]
