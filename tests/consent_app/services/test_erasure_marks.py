"""Who is kept out of imports, and letting somebody come back who wants to."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from consent_app.models import Customer, ErasureMark
from consent_app.services import erasure, erasure_marks
from privacy_portal.core.models import AuditEntry
from tests.consent_app.test_imports import counts, load, shopify
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.requests import StaffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def erase_everybody() -> None:
    for customer in Customer.objects.filter(status=Customer.Status.ACTIVE):
        token = erasure.preview(customer=customer, items=None, now=NOW).token
        erasure.erase(
            customer=customer, items=None, token=token, reference="R", key="k", actor="command", now=NOW
        )  # fmt: skip


def lift(kind: str, value: str, source: str = "") -> bool:
    digest = erasure_marks.digest_of_typed(kind, value, source)
    return erasure_marks.lift(digest=digest, kind=kind, actor=StaffFactory(), reason="電話で確かめた", now=NOW)


def test_who_wants_to_come_back_is_imported_again_and_a_new_erasure_keeps_them_out() -> None:
    OperatorFactory()
    catalogue()
    load(shopify(email="hanako@x.example"))
    identity = Customer.objects.get().identities.get()
    erase_everybody()
    assert counts(load(shopify(email="hanako@x.example"))) == {"rejected": 1}
    assert lift("email", " HANAKO@x.example ")
    # The id alone keeps the row out.
    assert counts(load(shopify(email="hanako@x.example"))) == {"rejected": 1}
    assert lift("id", identity.external_id, identity.source)
    assert counts(load(shopify(email="hanako@x.example"))) == {"created": 1}
    assert not lift("email", "hanako@x.example")
    assert AuditEntry.objects.filter(action="erasure.mark_lifted").count() == 2
    erase_everybody()
    assert not ErasureMark.objects.exclude(lifted_at=None).exists()
    assert counts(load(shopify(email="hanako@x.example"))) == {"rejected": 1}


def test_looking_up_is_the_same_work_whatever_the_answer_is(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    staff = StaffFactory()
    known = erasure_marks.digest_of("email", "a@x.example")
    erasure_marks.mark([known], now=NOW)
    for digest, expected in ((known, True), (erasure_marks.digest_of("email", "b@x.example"), False)):
        with django_assert_num_queries(2):
            assert erasure_marks.is_kept_out(digest=digest, kind="email", actor=staff) is expected
    entries = AuditEntry.objects.filter(action="erasure.mark_looked_up")
    assert [entry.detail for entry in entries] == [{"kind": "email"}] * 2


@pytest.mark.parametrize(
    ("kind", "value", "source"), [("email", "nobody", ""), ("email", "", ""), ("id", " ", "base"), ("id", "12", "")]
)
def test_what_names_nobody_is_told(kind: str, value: str, source: str) -> None:
    with pytest.raises(erasure_marks.Unreadable):
        erasure_marks.digest_of_typed(kind, value, source)


def test_a_lifted_mark_says_why() -> None:
    digest = erasure_marks.digest_of("email", "a@x.example")
    erasure_marks.mark([digest], now=NOW)
    with pytest.raises(ValueError, match="why"):
        erasure_marks.lift(digest=digest, kind="email", actor=StaffFactory(), reason=" ", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ErasureMark.objects.update(lifted_at=NOW)
