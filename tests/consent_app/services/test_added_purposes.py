"""Purposes that staff add: announced as they are, consented to one by one, ended."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent_app.domain import care
from consent_app.models import AddedPurpose, Consent, Purpose
from consent_app.services import added_purposes, gate, kept, wordings
from consent_app.services.profiles import load_profile, read_profile
from tests.factories.consent import CustomerFactory, DataItemFactory, OperatorFactory, PurposeFactory
from tests.factories.core import sign_in_by_code
from tests.factories.requests import PersonFactory, StaffFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def draft(**values: Any) -> AddedPurpose:
    row = AddedPurpose.objects.create(
        **{
            "text_ja": "夏の企画のご案内のため",
            "text_en": "To tell you about our summer event",
            "explanation_ja": "9月末まで、2回まで送ります。",
            "explanation_en": "Two mails at most, until the end of September.",
            "valid_months": 3,
            **values,
        }
    )
    row.items.set([DataItemFactory(code="email", name_ja="メールアドレス")])
    return row


def announce(row: AddedPurpose) -> Purpose:
    return added_purposes.announce(row=row, revision=row.revision, actor=StaffFactory(), now=NOW)


def test_from_draft_to_consent_to_end(client: Client) -> None:
    OperatorFactory()
    row = draft(part_of=PurposeFactory(text_ja="個別に同意した目的のため"))
    page = client.get("/purposes/").content.decode()
    assert "夏の企画" not in page
    purpose = announce(row)
    page = client.get("/purposes/").content.decode()
    assert "このうち、夏の企画のご案内のため" in page
    assert "9月末まで" in page
    person = PersonFactory()
    customer = CustomerFactory(email=person.email)
    assert not gate.may_use(customer=customer.pk, purpose=purpose.code, at=NOW).allowed
    sign_in_by_code(client, person)
    page = client.get("/consents/").content.decode()
    assert "9月末まで、2回まで送ります。" in page
    assert "3か月のあいだ" in page
    version = wordings.wording(purpose).version
    client.post(f"/consents/{purpose.code}/", {"action": "give", "version": version})
    consent = Consent.objects.get()
    assert consent.purpose == purpose
    assert consent.purpose_version is not None
    assert "2回まで" in consent.wording
    assert consent.valid_until is not None
    assert gate.may_use(customer=customer.pk, purpose=purpose.code, at=timezone.now()).allowed
    row.refresh_from_db()
    added_purposes.close(row=row, actor=StaffFactory(), now=timezone.now())
    assert not gate.may_use(customer=customer.pk, purpose=purpose.code, at=timezone.now()).allowed
    assert "終わった目的" in client.get("/consents/").content.decode()
    assert "夏の企画" not in client.get("/purposes/").content.decode()
    kind = next(kind for kind in care.kinds() if kind.code == "consent.wording_gone")
    assert list(kind.entries(timezone.localdate(), timezone.localdate())) == []


@pytest.mark.parametrize("gap", [{"text_en": ""}, {"explanation_ja": " "}])
def test_not_before_it_is_complete(gap: dict[str, str]) -> None:
    with pytest.raises(added_purposes.AddedPurposeError, match="足りない"):
        announce(draft(**gap))
    assert not Purpose.objects.exists()


def test_not_without_items_nor_within_a_retired_purpose() -> None:
    row = draft(part_of=PurposeFactory(active=False))
    row.items.clear()
    assert len(added_purposes.gaps(row)) == 2


def test_once_and_not_over_somebody_elses_change() -> None:
    row = draft()
    with pytest.raises(kept.ChangedMeanwhile):
        added_purposes.announce(row=row, revision=9, actor=StaffFactory(), now=NOW)
    announce(row)
    row.refresh_from_db()
    with pytest.raises(added_purposes.AddedPurposeError, match="もう公表"):
        announce(row)
    added_purposes.close(row=row, actor=StaffFactory(), now=NOW)
    with pytest.raises(added_purposes.AddedPurposeError, match="公表中"):
        added_purposes.close(row=row, actor=StaffFactory(), now=NOW)
    with pytest.raises(added_purposes.AddedPurposeError, match="公表中"):
        added_purposes.close(row=draft(), actor=StaffFactory(), now=NOW)


def test_loading_the_profile_leaves_it_alone() -> None:
    load_profile(profile=read_profile("agreement"), actor="command")
    row = draft(part_of=Purpose.objects.get(code="individually_accepted"))
    purpose = announce(row)
    report = load_profile(profile=read_profile("agreement"), actor="command")
    assert (report.created, report.changed, report.retired) == ([], [], [])
    purpose.refresh_from_db()
    assert purpose.active
