"""The matters made knowable: complete or not published, what was said is kept, the page follows the registers."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from consent_app.domain.profile_parser import ProfileError, parse_profile
from consent_app.models import MattersVersion, Measure, Operator, Purpose, Subcontractor
from consent_app.services import matters
from consent_app.services.profiles import PROFILES, load_profile, read_profile
from consent_app.tasks import record_matters
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import SubcontractorFactory
from tests.factories.core import StaffFactory
from tests.factories.matters import measure, publish

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 3, 0, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def rokusho() -> None:
    load_profile(profile=read_profile("rokusho"), actor="command")
    measure()


def lines_of(code: str, language: str = "ja") -> list[str]:
    return next((section["lines"] for section in matters.content()[language] if section["code"] == code), [])


@pytest.mark.parametrize("code", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_profile_has_all_that_the_law_wants(code: str) -> None:
    Measure.objects.all().delete()
    load_profile(profile=read_profile(code), actor="command")
    assert matters.missing() == ()
    said = matters.content()
    assert [section["code"] for section in said["ja"]] == [section["code"] for section in said["en"]]
    assert {"name", "address", "representative", "purposes", "requests", "measures", "complaints"} <= {
        section["code"] for section in said["ja"]
    }


def test_it_says_what_the_registers_say() -> None:
    assert lines_of("name") == [Operator.objects.get().name_ja]
    assert len(lines_of("purposes")) == Purpose.objects.filter(active=True, part_of=None).count()
    assert "開示：" in "".join(lines_of("requests"))
    assert "訂正：無料です。" in lines_of("requests")
    assert lines_of("complaints")[0].startswith(("手紙：", "メール："))
    assert lines_of("abroad") == lines_of("accredited") == []
    SubcontractorFactory(country="US")
    SubcontractorFactory(country="ZZ")
    SubcontractorFactory(country="CN", active=False)
    assert lines_of("abroad") == ["アメリカ合衆国（US）", "ZZ"]
    assert lines_of("abroad", "en") == ["United States (US)", "ZZ"]


def test_publishing_keeps_what_was_seen(django_assert_num_queries: Any) -> None:
    made = publish(now=NOW)
    assert (made.number, made.automatic, made.content) == (1, False, matters.content())
    assert AuditEntry.objects.get(action="matters.published").detail == {"number": 1}
    with pytest.raises(matters.MattersError, match="変わっていません"):
        publish(now=NOW)
    assert not matters.changed_since_published()


def test_nothing_is_published_while_something_is_missing() -> None:
    Operator.objects.update(representative_ja="")
    with pytest.raises(matters.Incomplete) as caught:
        publish(now=NOW)
    assert [matter.code for matter in caught.value.missing] == ["representative"]
    assert not MattersVersion.objects.exists()


def test_what_changed_while_it_was_looked_at_is_not_published() -> None:
    seen = matters.digest(matters.content())
    Operator.objects.update(address_ja="東京都千代田区例町9-9-9")
    with pytest.raises(matters.MattersError, match="台帳が変わりました"):
        matters.publish(seen=seen, actor=StaffFactory(), now=NOW)


def test_a_worker_keeps_what_the_page_said_after_a_change() -> None:
    record_matters()
    assert not MattersVersion.objects.exists(), "nothing before the first publication"
    publish(now=NOW)
    record_matters()
    assert MattersVersion.objects.count() == 1
    Operator.objects.update(address_ja="東京都千代田区例町9-9-9")
    assert matters.changed_since_published()
    for _twice in range(2):
        record_matters()
    kept = MattersVersion.objects.get(number=2)
    assert kept.automatic
    assert kept.made_by is None
    assert "例町9-9-9" in str(kept.content["ja"])
    assert AuditEntry.objects.get(action="matters.recorded").detail == {"number": 2}
    again = publish(now=NOW)
    assert (again.number, again.automatic) == (3, False)
    assert not matters.changed_since_published()


def test_the_database_keeps_a_version_as_it_is() -> None:
    made = publish(now=NOW)
    for change in ({"content": {}}, {"number": 9}, {"made_at": timezone.now()}):
        with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
            MattersVersion.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(IntegrityError, match="first_published_by_staff"), transaction.atomic():
        MattersVersion.objects.create(number=1, content={}, automatic=True)
    MattersVersion.objects.update(made_by=None)
    made.delete()
    with pytest.raises(IntegrityError, match="refused"):
        connection.check_constraints()


def test_the_page_is_made_in_the_same_number_of_statements_for_many_entries(django_assert_num_queries: Any) -> None:
    Subcontractor.objects.all().delete()
    for more in (1, 30):
        for _number in range(more):
            SubcontractorFactory(country="US")
            measure()
        with translation.override("ja"), django_assert_num_queries(5):
            matters.sections()


ACCREDITED = """
[accredited_organisation]
name.ja = "例の認定団体"
name.en = "Example Accredited Organisation"
contact.ja = "東京都千代田区例町7-7、050-0000-0007"
contact.en = "7-7 Reicho, Chiyoda-ku, Tokyo, 050-0000-0007"
"""


def test_an_accredited_organisation_from_the_profile() -> None:
    text = (PROFILES / "rokusho.toml").read_text(encoding="utf-8")
    profile = parse_profile((text + ACCREDITED).encode())
    load_profile(profile=profile, actor="command")
    assert lines_of("accredited") == ["例の認定団体", "東京都千代田区例町7-7、050-0000-0007"]
    assert lines_of("accredited", "en")[0] == "Example Accredited Organisation"
    with pytest.raises(ProfileError, match="contact"):
        parse_profile((text + ACCREDITED.split("contact.ja")[0]).encode())


def test_the_number_of_a_version_is_taken_once() -> None:
    publish(now=NOW)
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        MattersVersion.objects.create(number=1, content={})
