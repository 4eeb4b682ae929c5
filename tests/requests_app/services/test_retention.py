"""What people gave for a request goes when its time is over, stage by stage, and nothing of it is anywhere else."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from consent_app.models import ErasureRecord, RetentionRule
from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import AuditEntry, EncryptedFile, OutgoingMail, User
from privacy_portal.core.services import files
from requests_app.checks import everything_of_a_case_has_its_end
from requests_app.domain.retention import KEPT, PLACES, Stage
from requests_app.models import (
    AnswerFile,
    DecisionProposal,
    DisclosureRequest,
    DownloadGrant,
    IdentityCheck,
    KeptPayment,
    Party,
    Payment,
    ReceivedFile,
    RequestDraft,
    RequestedChange,
    RequestRemains,
    SilenceNotice,
    TargetExtension,
)
from requests_app.services import holds, retention
from requests_app.services.errors import NotAllowed
from requests_app.services.fulfilment import erase_expired
from tests.factories.consent import DataItemFactory
from tests.factories.requests import (
    FeeFactory,
    MessageFactory,
    PartyFactory,
    PersonFactory,
    RequestFactory,
    StaffFactory,
)
from tests.support.concurrency import in_thread, run_at_once

ENDED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
# 24 months later, the day on which the whole case goes.
LAST = datetime(2028, 11, 24, 3, 0, tzinfo=UTC)
SECRETS = (
    "秘田", "ヒミツダ", "secret-person@post.example", "+818011112222", "秘密町1-2-3", "旧秘密町9-9", "KAIIN-777",
    "CHUMON-888", "秘密の説明", "秘密の受取方法", "秘密の伝言", "秘密の理由", "秘密の前の値", "秘密の新しい値",
    "秘密の調べ", "秘密の覚え書き", "秘密の延長", "秘密の振込", "秘密の保留", "秘密の件名",
)  # fmt: skip


def stored(name: str) -> EncryptedFile:
    with files.create(name=name, content_type="text/plain") as writer:
        writer.write("秘密の中身".encode())
    return writer.file


def mail_about(request: DisclosureRequest, **given: Any) -> OutgoingMail:
    return OutgoingMail.objects.create(
        template="request_received", language="ja", object_type="requests_app.disclosurerequest",
        object_id=str(request.pk), recipient="secret-person@post.example", subject="秘密の件名", body_text="秘密の伝言",
        message_id=f"<{uuid.uuid4()}@shop.example>", **given,
    )  # fmt: skip


def full_case(**given: Any) -> DisclosureRequest:
    """A closed case with a row of everything that a case can have."""
    person = given.pop("applicant", None) or PersonFactory(email="secret-person@post.example", last_login=ENDED)
    request = RequestFactory.closed(
        applicant=person,
        closed_at=ENDED,
        wanted_note="秘密の説明",
        answer_method_note="秘密の受取方法",
        decision={"outcome": "partly", "article": "33(2)", "ground": "rights", "reason": "秘密の理由"},
        party={
            "family_name": "秘田",
            "family_kana": "ヒミツダ",
            "telephone": "+818011112222",
            "address1": "秘密町1-2-3",
            "registered_address": "旧秘密町9-9",
            "registered_postal_code": "1234567",
            "customer_number": "KAIIN-777",
            "order_number": "CHUMON-888",
        },
        **given,
    )
    decision = request.decisions.get()
    PartyFactory(request=request, kind=Party.Kind.AGENT, family_name="秘田")
    IdentityCheck.objects.filter(request=request).update(note="秘密の覚え書き")
    MessageFactory(request=request, body="秘密の伝言", author=person, from_person=True)
    RequestedChange.objects.create(
        request=request, position=1, item=DataItemFactory(code="address"), present="秘密の前の値",
        wanted="秘密の新しい値", why="秘密の理由", finding="秘密の調べ", accepted=True, examined_at=ENDED,
    )  # fmt: skip
    TargetExtension.objects.create(
        request=request, from_on=date(2026, 12, 1), to_on=date(2026, 12, 8), reason="秘密の延長"
    )
    SilenceNotice.objects.create(request=request, turn_at=ENDED, stage="first", mail=mail_about(request))
    decision.proposal = DecisionProposal.objects.create(
        request=request, outcome="partly", ground="rights", reason="秘密の理由", remark="秘密の説明", state="approved",
        settled_at=ENDED,
    )  # fmt: skip
    decision.save()
    fee = FeeFactory(request=request, explanation="秘密の説明", accepted_at=ENDED, settled_at=ENDED)
    Payment.objects.create(fee=fee, amount_yen=1100, on=date(2026, 11, 20), note="秘密の振込")
    answer = AnswerFile.objects.create(
        request=request, decision=decision, kind="letter", file=stored("answer.pdf"), expires_at=ENDED
    )
    DownloadGrant.objects.create(answer_file=answer, user=person, expires_at=ENDED)
    ReceivedFile.objects.create(request=request, file=stored("scan.pdf"), added_by=StaffFactory())
    return request


def everywhere() -> str:
    """Every value of every row of ours, decrypted."""
    found: list[str] = []
    for model in apps.get_models():
        if not model.__module__.startswith(("consent_app", "requests_app", "privacy_portal")):
            continue
        names = [field.name for field in model._meta.concrete_fields]
        for row in model._default_manager.all():
            found.append(json.dumps([str(getattr(row, name)) for name in names], ensure_ascii=False))
    return "\n".join(found)


def settle() -> None:
    """Let the triggers speak that wait for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def delete_now(row: models.Model) -> None:
    row.delete()
    settle()


@pytest.mark.django_db
class TestStages:
    def test_nothing_goes_before_its_day_or_while_the_case_is_open(self) -> None:
        full_case()
        open_case = RequestFactory.answered()
        ReceivedFile.objects.create(request=open_case, file=stored("open.pdf"), added_by=StaffFactory())
        assert not any(retention.run(now=ENDED + timedelta(days=29)).values())
        assert Party.objects.filter(customer_number="KAIIN-777").exists()
        retention.run(now=LAST + timedelta(days=4000))
        assert DisclosureRequest.objects.get() == open_case
        assert open_case.received_files.get().file.erased_at is None

    def test_identity_goes_first_then_files_then_everything(self) -> None:
        RetentionRule.objects.create(identity_days=10, files_days=20, case_months=24)
        request = full_case()
        answer, scan = request.answer_files.get().file, request.received_files.get().file

        retention.run(now=ENDED + timedelta(days=10))
        party = request.parties.get(kind="principal")
        assert (party.registered_address, party.customer_number, party.order_number) == ("", "", "")
        assert party.family_name == "秘田"
        check = request.identity_checks.get(method="facts")
        assert (check.note, check.state, check.customer) == ("", "passed", request.customer)
        scan.refresh_from_db()
        assert scan.erased_at is None

        retention.run(now=ENDED + timedelta(days=20))
        for file in (answer, scan):
            file.refresh_from_db()
            assert file.sealed_key is None
        assert request.messages.get().body == "秘密の伝言"

        retention.run(now=LAST - timedelta(days=1))
        assert DisclosureRequest.objects.exists()
        retention.run(now=LAST)
        settle()
        assert not DisclosureRequest.objects.exists()

    def test_nothing_of_what_was_given_is_left_anywhere(self) -> None:
        request = full_case()
        holds.place(request=request, kind="suit", reason="秘密の保留", actor=StaffFactory(), now=ENDED)
        holds.end(request=request, reason="秘密の保留", actor=StaffFactory(), now=ENDED)
        customer, number = request.customer, request.receipt_number
        before = everywhere()
        assert [secret for secret in SECRETS if secret not in before] == []
        counts = retention.run(now=LAST)
        settle()
        assert counts == {"identity": 1, "files": 1, "case": 1, "payments": 0, "accounts": 1}
        customer.delete()  # theirs, which the request did not touch
        after = everywhere()
        assert [secret for secret in SECRETS if secret in after] == []
        # The payment stays in the books under the number of the receipt, and nothing else has it.
        assert after.count(number) == 1
        assert not EncryptedFile.objects.exists()

    def test_what_remains(self) -> None:
        request = full_case()
        retention.run(now=LAST)
        row = RequestRemains.objects.get()
        assert {field.name: getattr(row, field.name) for field in row._meta.fields if field.name != "id"} == {
            "request_type": "disclosure",
            "channel": "portal",
            "received_on": date(2026, 11, 16),
            "answered_on": date(2026, 11, 16),
            "ended_on": date(2026, 11, 24),
            "ended_as": "closed",
            "outcome": "partly",
            "article": "33(2)",
            "last_of_person": True,
        }
        payment = KeptPayment.objects.get()
        assert (payment.receipt_number, payment.amount_yen, payment.on) == (
            request.receipt_number, 1100, date(2026, 11, 20),
        )  # fmt: skip
        assert payment.keep_until == date(2033, 11, 20)
        purged = AuditEntry.objects.get(action="request.purged")
        assert (purged.object_id, purged.detail) == (str(request.pk), {"files": 2, "payments": 1})
        # The books are closed in their time.
        retention.run(now=datetime(2033, 11, 20, 3, 0, tzinfo=UTC))
        assert KeptPayment.objects.exists()
        retention.run(now=datetime(2033, 11, 21, 3, 0, tzinfo=UTC))
        assert not KeptPayment.objects.exists()
        assert RequestRemains.objects.exists()

    def test_only_the_last_case_of_a_person_counts_as_a_person(self) -> None:
        person = PersonFactory()
        for _ in range(2):
            RequestFactory.withdrawn(applicant=person, closed_at=ENDED)
        RequestFactory.by_letter(status="withdrawn", closed_at=ENDED)
        retention.run(now=LAST)
        assert sorted(RequestRemains.objects.values_list("last_of_person", flat=True)) == [False, True, True]

    def test_a_file_that_came_late_goes_too(self) -> None:
        request = full_case()
        retention.run(now=ENDED + timedelta(days=40))
        late = ReceivedFile.objects.create(request=request, file=stored("late.pdf"), added_by=StaffFactory())
        retention.run(now=ENDED + timedelta(days=41))
        late.file.refresh_from_db()
        assert late.file.erased_at

    def test_a_proof_of_erasure_stays_without_the_case(self) -> None:
        request = full_case()
        record = ErasureRecord.objects.create(
            customer_id=request.customer_id, reference=request.receipt_number, key="decision:1", everything=True,
            erased_at=ENDED,
        )  # fmt: skip
        retention.run(now=LAST)
        settle()
        record.refresh_from_db()
        assert record.reference == request.receipt_number

    def test_money_of_the_person_keeps_the_case(self) -> None:
        request = full_case()
        Payment.objects.create(fee=request.fees.get(), amount_yen=500, on=date(2026, 11, 21))
        assert retention.run(now=LAST)["case"] == 0
        Payment.objects.create(fee=request.fees.get(), amount_yen=500, on=date(2026, 11, 22), kind="refund")
        assert retention.run(now=LAST)["case"] == 1

    def test_one_case_that_fails_does_not_keep_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bad, good = full_case(), RequestFactory.withdrawn(closed_at=ENDED)
        original = retention._keep_remains

        def refuse(row: DisclosureRequest) -> None:
            if row.pk == bad.pk:
                raise RuntimeError
            original(row)

        monkeypatch.setattr(retention, "_keep_remains", refuse)
        assert retention.run(now=LAST)["case"] == 1
        assert not DisclosureRequest.objects.filter(pk=good.pk).exists()
        assert bad.parties.exists()
        assert list(retention.stuck(now=LAST + timedelta(days=3))) == [bad]
        monkeypatch.undo()
        assert retention.run(now=LAST)["case"] == 1

    def test_what_is_left_is_only_added_to(self) -> None:
        row = RequestRemains.objects.create(
            request_type="x",
            channel="portal",
            received_on=ENDED,
            ended_on=ENDED,
            ended_as="closed",
            last_of_person=True,
        )
        with pytest.raises(DatabaseError), transaction.atomic():
            RequestRemains.objects.update(outcome="granted")
        with pytest.raises(DatabaseError), transaction.atomic():
            delete_now(row)


@pytest.mark.django_db
class TestAccounts:
    def test_an_account_that_nothing_needs_goes(self) -> None:
        person = PersonFactory(last_login=ENDED, created_at=ENDED)
        kept = [
            PersonFactory(last_login=LAST, created_at=ENDED),
            PersonFactory(created_at=LAST),
            StaffFactory(last_login=ENDED, created_at=ENDED),
            RequestFactory.in_review(applicant=PersonFactory(created_at=ENDED)).applicant,
        ]
        drafting = PersonFactory(created_at=ENDED)
        RequestDraft.objects.create(user=drafting, request_type="disclosure", answers="{}")
        retention.run(now=LAST)
        assert not User.objects.filter(pk=person.pk).exists()
        assert User.objects.filter(pk__in=[one.pk for one in [*kept, drafting]]).count() == 5


@pytest.mark.django_db
class TestHolds:
    def test_a_held_case_stays_whole_until_the_hold_is_ended(self) -> None:
        request, staff = full_case(), StaffFactory()
        AnswerFile.objects.update(expires_at=ENDED)
        holds.place(request=request, kind="suit", reason="訴えられた", actor=staff, now=ENDED)
        erase_expired(now=LAST)
        assert not any(retention.run(now=LAST).values())
        assert request.answer_files.get().file.erased_at is None
        assert request.parties.get(kind="principal").customer_number == "KAIIN-777"
        holds.end(request=request, reason="和解した", actor=staff, now=LAST)
        assert retention.run(now=LAST)["case"] == 1
        settle()

    def test_the_database_refuses_to_delete_a_held_case(self) -> None:
        request = full_case()
        holds.place(request=request, kind="dispute", reason="争い", actor=StaffFactory(), now=ENDED)
        with pytest.raises(DatabaseError), transaction.atomic():
            request.delete()

    def test_a_hold_needs_a_reason_and_there_is_one_at_a_time(self) -> None:
        request, staff = full_case(), StaffFactory()
        for given in (
            {"kind": "suit", "reason": "  "},
            {"kind": "x", "reason": "y"},
            {"kind": "suit", "reason": "x" * 1001},
            {"kind": "suit", "reason": "番号は 1234 5678 9018"},
        ):
            with pytest.raises(holds.InvalidHold):
                holds.place(request=request, actor=staff, now=ENDED, **given)
        with pytest.raises(holds.InvalidHold):
            holds.end(request=request, reason="x", actor=staff, now=ENDED)
        holds.place(request=request, kind="suit", reason="訴え", actor=staff, now=ENDED)
        with pytest.raises(holds.InvalidHold):
            holds.place(request=request, kind="suit", reason="訴え", actor=staff, now=ENDED)

    def test_who_may(self) -> None:
        request = full_case()
        with pytest.raises(NotAllowed):
            holds.place(request=request, kind="suit", reason="x", actor=PersonFactory(is_staff=True), now=ENDED)
        assert AuditEntry.objects.filter(action="request.denied").count() == 1


@pytest.mark.django_db
class TestUpcoming:
    def test_what_goes_in_the_next_days(self) -> None:
        request = full_case()
        held = RequestFactory.withdrawn(closed_at=ENDED)
        holds.place(request=held, kind="suit", reason="x", actor=StaffFactory(), now=ENDED)
        assert retention.upcoming(now=ENDED - timedelta(days=1), days=30, limit=9)[0] == []
        rows, counts = retention.upcoming(now=ENDED + timedelta(days=1), days=30, limit=9)
        assert [(row.case, row.stage, row.on) for row in rows] == [
            (request, Stage.IDENTITY, date(2026, 12, 24)),
            (request, Stage.FILES, date(2026, 12, 24)),
        ]
        assert counts == {Stage.IDENTITY: 1, Stage.FILES: 1, Stage.CASE: 0}
        rows, counts = retention.upcoming(now=LAST - timedelta(days=5), days=30, limit=2)
        assert len(rows) == 2
        assert counts[Stage.CASE] == 1


class TestTable:
    def test_everything_is_classified(self) -> None:
        assert everything_of_a_case_has_its_end(None) == []

    def test_what_is_not_classified_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("requests_app.message.body", "requests_app.receivedfile.file", "requests_app.fee.request"):
            left = tuple(replace(kept, places=tuple(place for place in kept.places if place != name)) for kept in KEPT)
            with monkeypatch.context() as patch:
                patch.setattr(retention, "KEPT", left)
                assert list(retention.unclassified()) == [name]

    def test_no_place_twice(self) -> None:
        assert len(PLACES) == sum(len(kept.places) for kept in KEPT)

    def test_the_table_names_only_what_exists(self) -> None:
        for name in PLACES:
            app, model, field = name.split(".")
            found = apps.get_model(app, model)._meta.get_field(field)
            assert isinstance(found, EncryptedTextField | models.ForeignKey | models.CharField), name


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_two_workers_at_once_leave_one_row(self) -> None:
        full_case()
        counts = run_at_once([lambda: retention.run(now=LAST), lambda: retention.run(now=LAST)])
        assert sum(count["case"] for count in counts) == 1
        assert RequestRemains.objects.count() == 1
        assert KeptPayment.objects.count() == 1

    def test_a_hold_that_is_being_placed_wins(self) -> None:
        request, staff = full_case(), StaffFactory()
        with transaction.atomic():
            holds.place(request=request, kind="suit", reason="訴え", actor=staff, now=ENDED)
            assert in_thread(lambda: retention.run(now=LAST))["case"] == 0
        assert retention.run(now=LAST)["case"] == 0

    def test_a_crash_in_the_middle_leaves_the_case_whole_and_is_made_up_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = full_case()

        def crash(*args: object) -> None:
            raise SystemExit

        monkeypatch.setattr(retention, "_keep_remains", crash)
        with pytest.raises(SystemExit):
            retention.erase_case(request.pk, now=LAST)
        assert files.open_stream(request.received_files.get().file)
        assert b"".join(files.open_stream(request.received_files.get().file)) == "秘密の中身".encode()
        monkeypatch.undo()
        assert retention.erase_case(request.pk, now=LAST)
