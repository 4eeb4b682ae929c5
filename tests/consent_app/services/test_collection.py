"""Where data is collected: texts that are never rewritten, seeds of the profiles, and consents that name them."""

import dataclasses
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from consent_app.domain import care
from consent_app.domain.profile_parser import ProfileError, parse_profile
from consent_app.domain.profile_reader import Text
from consent_app.models import CollectionPoint, CollectionWording, Consent, Purpose
from consent_app.services import collection, gate, kept, wordings
from consent_app.services.consent_records import RecordError, Said, record
from consent_app.services.profiles import PROFILES, load_profile, read_profile
from tests.factories.collection import CollectionPointFactory
from tests.factories.consent import CustomerFactory, DataItemFactory, PurposeFactory
from tests.factories.requests import StaffFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)


class TestStarting:
    def test_versions_follow_each_other(self) -> None:
        point = CollectionPointFactory()
        first = collection.start(point=point, actor="command", now=NOW - DAY)
        point.wording_ja = "新しい文"
        point.save()
        second = collection.start(point=point, actor=StaffFactory(), now=NOW)
        assert [first.number, second.number] == [1, 2]
        assert collection.current(point) == second
        assert (second.text_ja, second.text_en) == ("新しい文", point.wording_en)

    def test_the_same_text_is_no_new_version(self) -> None:
        point = CollectionPointFactory()
        collection.start(point=point, actor="command", now=NOW)
        with pytest.raises(collection.CollectionError, match="もう使われて"):
            collection.start(point=point, actor="command", now=NOW)

    @pytest.mark.parametrize("gap", ["wording_en", "proof_ja"])
    def test_not_before_it_is_complete(self, gap: str) -> None:
        point = CollectionPointFactory(**{gap: " "})
        with pytest.raises(collection.CollectionError, match="足りない"):
            collection.start(point=point, actor="command", now=NOW)

    def test_not_without_purpose_and_items(self) -> None:
        point = CollectionPointFactory(purposes=[PurposeFactory(active=False)], items=[])
        assert collection.gaps(point) == ["利用目的", "集める項目"]
        with pytest.raises(collection.CollectionError, match="足りない"):
            collection.start(point=point, actor="command", now=NOW)

    def test_not_for_a_retired_point(self) -> None:
        with pytest.raises(collection.CollectionError, match="使われていません"):
            collection.start(point=CollectionPointFactory(active=False), actor="command", now=NOW)

    def test_not_over_somebody_elses_change(self) -> None:
        point = CollectionPointFactory()
        with pytest.raises(kept.ChangedMeanwhile):
            collection.start(point=point, actor=StaffFactory(), now=NOW, revision=0)
        assert not CollectionWording.objects.exists()

    def delete_and_commit(self, wording: CollectionWording) -> None:
        wording.delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_never_rewritten(self) -> None:
        wording = collection.start(point=CollectionPointFactory(), actor="command", now=NOW)
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            CollectionWording.objects.update(text_ja="x")
        with pytest.raises(DatabaseError), transaction.atomic():
            self.delete_and_commit(wording)


class TestProfiles:
    @pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
    def test_each_says_where_it_collects(self, name: str) -> None:
        report = load_profile(profile=read_profile(name), actor="command")
        points = CollectionPoint.objects.all()
        assert {"purchase", "account", "inquiry"} <= {point.kind for point in points}
        for point in points:
            assert collection.gaps(point) == []
            assert collection.current(point) is not None
        again = load_profile(profile=read_profile(name), actor="command")
        assert (again.created, again.changed, again.retired) == ([], [], [])
        assert sorted(again.unchanged) == sorted([*report.created, *report.unchanged])

    def test_qui_pearl_has_candidates_too(self) -> None:
        load_profile(profile=read_profile("quipearl"), actor="command")
        assert CollectionPoint.objects.filter(kind="application", purposes__code="recruitment").exists()

    def test_a_new_text_is_a_new_version_unless_staff_keep_the_entry(self) -> None:
        profile = read_profile("rokusho")
        load_profile(profile=profile, actor="command")
        kept_one = CollectionPoint.objects.get(code="order_form")
        kept.record(row=kept_one, before={}, actor=StaffFactory())
        changed = dataclasses.replace(
            profile,
            collection_points=tuple(
                dataclasses.replace(section, wording=Text("新しい文", "New text"))
                for section in profile.collection_points
            ),
        )
        report = load_profile(profile=changed, actor="command")
        assert collection.current(kept_one).number == 1  # type: ignore[union-attr]
        other = CollectionPoint.objects.get(code="registration")
        assert collection.current(other).text_ja == "新しい文"  # type: ignore[union-attr]
        assert any("order_form" in caution for caution in report.cautions)

    def test_an_item_that_no_purpose_of_the_point_uses(self) -> None:
        content = (PROFILES / "rokusho.toml").read_bytes()
        broken = content.replace(
            b'items = ["name", "telephone", "email", "inquiry"]', b'items = ["name", "purchases", "inquiry"]'
        )
        assert broken != content
        with pytest.raises(ProfileError, match=r"purchases.*どの利用目的にも使いません"):
            parse_profile(broken)


class TestConsentAtAPoint:
    def test_the_consent_names_point_and_version(self) -> None:
        purpose = PurposeFactory(code="news", needs_consent=True, items=[DataItemFactory()])
        point = CollectionPointFactory(purposes=[purpose])
        wordings.keep_version(purpose=purpose, now=NOW - 9 * DAY)
        wording = collection.start(point=point, actor="command", now=NOW - 3 * DAY)
        customer = CustomerFactory()
        consent = self.write(customer, purpose, wording)
        assert consent.collection_wording == wording
        assert consent.wording == wording.text_ja
        assert consent.purpose_version is not None
        assert consent.purpose_version.number == 1
        assert gate.may_use(customer=customer.pk, purpose="news", at=NOW).allowed

    def test_an_old_form_covers_the_old_meaning_only(self) -> None:
        purpose = PurposeFactory(code="news", needs_consent=True, items=[DataItemFactory()])
        wording = collection.start(point=CollectionPointFactory(purposes=[purpose]), actor="command", now=NOW - 9 * DAY)
        wordings.keep_version(purpose=purpose, now=NOW - 8 * DAY)
        purpose.text_ja = purpose.text_en = "Something else"
        purpose.save()
        wordings.keep_version(purpose=Purpose.objects.get(pk=purpose.pk), now=NOW - 2 * DAY)
        customer = CustomerFactory()
        self.write(customer, purpose, wording)
        answer = gate.may_use(customer=customer.pk, purpose="news", at=NOW)
        assert answer.reasons == ("consent_outdated",)

    def test_a_point_that_does_not_show_the_purpose_or_not_yet(self) -> None:
        purpose = PurposeFactory(needs_consent=True)
        other = collection.start(point=CollectionPointFactory(), actor="command", now=NOW - 3 * DAY)
        with pytest.raises(RecordError, match="示していません"):
            self.write(CustomerFactory(), purpose, other)
        late = collection.start(point=CollectionPointFactory(purposes=[purpose]), actor="command", now=NOW)
        with pytest.raises(RecordError, match="まだありません"):
            self.write(CustomerFactory(), purpose, late)

    def test_a_part_is_shown_with_its_whole(self) -> None:
        whole = PurposeFactory()
        part = PurposeFactory(needs_consent=True, part_of=whole)
        wording = collection.start(point=CollectionPointFactory(purposes=[whole]), actor="command", now=NOW - 3 * DAY)
        assert self.write(CustomerFactory(), part, wording).collection_wording == wording

    def write(self, customer: object, purpose: Purpose, wording: CollectionWording) -> Consent:
        said = Said(event="given", channel="counter", at=NOW - DAY, proof="申込書 3番", collected=wording)
        return record(
            key=uuid.uuid4(),
            customer=customer,  # type: ignore[arg-type]
            purpose=purpose,
            said=said,
            agent=None,
            actor=StaffFactory(),
            now=NOW,
        )


def test_the_page_shows_the_exact_text_and_earlier_ones(client: Client) -> None:
    load_profile(profile=read_profile("quipearl"), actor="command")
    point = CollectionPoint.objects.get(code="inquiry")
    shown = collection.current(point)
    assert shown is not None
    point.wording_ja = point.wording_en = "Next <b>text</b>"
    point.save()
    collection.start(point=point, actor="command", now=timezone.now())
    CollectionPointFactory(name_ja="まだの場面")
    CollectionPointFactory(name_ja="終わった場面", active=False)
    page = client.get("/purposes/collection/").content.decode()
    assert shown.text_ja in page
    assert "Next &lt;b&gt;text&lt;/b&gt;" in page
    assert "まだの場面" not in page
    assert "終わった場面" not in page
    assert "採用への応募" in page
    assert "/purposes/collection/" in client.get("/purposes/").content.decode()


@pytest.mark.parametrize("number", [1, 12])
def test_queries_of_the_page(client: Client, number: int, django_assert_num_queries: object) -> None:
    load_profile(profile=dataclasses.replace(read_profile("quipearl"), collection_points=()), actor="command")
    for _ in range(number):
        collection.start(point=CollectionPointFactory(), actor="command", now=NOW)
    client.get("/purposes/collection/")
    with django_assert_num_queries(4):  # type: ignore[operator]
        client.get("/purposes/collection/")


def test_care_for_points_that_are_not_complete() -> None:
    collection.start(point=CollectionPointFactory(), actor="command", now=NOW)
    CollectionPointFactory(active=False, wording_ja="")
    waiting = CollectionPointFactory()
    lacking = CollectionPointFactory(proof_ja="", items=[])
    kind = next(kind for kind in care.kinds() if kind.code == "collection.incomplete")
    today = timezone.localdate()
    assert {due.key for due in kind.entries(today, today)} == {str(waiting.pk), str(lacking.pk)}
