"""What article 32(1) and Cabinet Order article 10 want knowable: each thing missing is named, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from consent_app.domain import matters
from consent_app.domain.matters import RIGHTS, Facts
from consent_app.domain.profile import MAY_BE_LEFT_OUT, REQUEST_TYPES

COMPLETE = Facts(
    name="例の店",
    address="東京都千代田区例町1-2-3",
    representative="例野 代表",
    purposes=2,
    offered=RIGHTS,
    ways=1,
    complaint_ways=1,
    measures=frozenset({"organisation", "people", "premises", "technology"}),
)


def codes(found: tuple[matters.Matter, ...]) -> list[str]:
    return [matter.code for matter in found]


def test_nothing_is_missing() -> None:
    assert matters.missing(COMPLETE) == matters.advised(COMPLETE) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "name"),
        ({"address": ""}, "address"),
        ({"representative": ""}, "representative"),
        ({"purposes": 0}, "purposes"),
        ({"ways": 0}, "ways"),
        ({"measures": frozenset()}, "measures"),
        ({"complaint_ways": 0}, "complaints"),
        ({"abroad": True}, "environment"),
        ({"accredited": "例の団体"}, "accredited"),
        ({"accredited_contact": "03-0000-0000"}, "accredited"),
        *(({"offered": RIGHTS - {right}}, "rights") for right in sorted(RIGHTS)),
    ],
)
def test_each_thing_by_itself(change: dict[str, Any], code: str) -> None:
    assert codes(matters.missing(replace(COMPLETE, **change))) == [code]


def test_what_is_not_required_everywhere() -> None:
    abroad = replace(COMPLETE, abroad=True, measures=COMPLETE.measures | {"environment"})
    member = replace(COMPLETE, accredited="例の団体", accredited_contact="03-0000-0000")
    more = replace(COMPLETE, offered=frozenset(REQUEST_TYPES))
    for facts in (abroad, member, more):
        assert matters.missing(facts) == ()


def test_a_class_of_measures_without_a_text_is_advice() -> None:
    facts = replace(COMPLETE, measures=frozenset({"organisation", "technology"}))
    assert matters.missing(facts) == ()
    assert codes(matters.advised(facts)) == ["measure_people", "measure_premises"]
    none = replace(COMPLETE, measures=frozenset())
    assert matters.advised(none) == (), "one line says it"


def test_every_thing_names_its_article_and_has_a_name_of_its_own() -> None:
    assert len({matter.code for matter in matters.MATTERS}) == len(matters.MATTERS)
    assert all(str(matter.article) and str(matter.text) for matter in matters.MATTERS)
    assert set(REQUEST_TYPES) - set(MAY_BE_LEFT_OUT) > RIGHTS
