"""Instructions: sent with a link, reminded, escalated, answered once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app import selectors, selectors_instructions, tasks
from requests_app.domain.instructions import AddresseeKind, Event, InstructionRefused, Kind, Stage, State
from requests_app.domain.transitions import Status
from requests_app.models import Instruction, InstructionEntry
from requests_app.services import fees, instructions, lifecycle, silence
from requests_app.services import instruction_access as access
from requests_app.services.errors import NotAllowed
from requests_app.services.instruction_access import Ended, LinkEnded
from requests_app.services.instructions import Addressee, InvalidInstruction
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.instructions import WAREHOUSE, sent
from tests.factories.requests import DecisionFactory, PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db
# A Tuesday; the fifth business day after it is Tuesday, 1 December (Monday 23 November is a holiday).
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


def why(token: str, now: datetime) -> Ended:
    with pytest.raises(LinkEnded) as caught:
        access.by_token(token, now=now)
    return caught.value.why


def test_the_mail_has_a_link_and_nothing_about_anybody() -> None:
    catalogue()
    row = sent(now=NOW, text="倉庫の棚も見てください。")
    mail = OutgoingMail.objects.get(template="instruction_sent")
    assert mail.recipient == WAREHOUSE.email
    assert row.due_on == date(2026, 12, 1)
    for part in (mail.subject, mail.body_text, mail.body_html):
        assert part
        assert "C-1001" not in part
        assert "高橋" not in part
        assert "棚" not in part
    assert f"/instructions/{instructions.token_of(row)}/" in (mail.body_text or "")
    entry = row.entries.get(event=Event.SENT)
    assert "C-1001" in (entry.text or "")
    assert "棚" in (entry.text or "")


def test_a_link_opens_until_it_expires_is_replaced_or_taken_back() -> None:
    row = sent(now=NOW)
    token = instructions.token_of(row)
    assert access.by_token(token, now=NOW) == row
    assert why(token[:-1] + ("a" if token[-1] != "a" else "b"), NOW) == Ended.UNKNOWN
    assert why("no-such-token", NOW) == Ended.UNKNOWN
    assert why(token, NOW + timedelta(days=30, seconds=1)) == Ended.EXPIRED
    again = instructions.send(instruction=row, actor=StaffFactory(), now=NOW)
    assert why(token, NOW) == Ended.REPLACED
    token = instructions.token_of(again)
    instructions.record(
        instruction=again, actor=StaffFactory(), event=Event.WITHDRAWN, text="まちがい", done_on=None, now=NOW
    )
    assert why(token, NOW) == Ended.WITHDRAWN


def test_an_answer_is_taken_once_and_stays_readable() -> None:
    row = sent(now=NOW)
    token = instructions.token_of(row)
    done = instructions.answer(instruction=row, round=1, event=Event.DONE, text="", done_on=date(2026, 11, 24), now=NOW)
    assert done.state == State.DONE
    assert done.ended_at == NOW
    with pytest.raises(InstructionRefused):
        instructions.answer(instruction=row, round=1, event=Event.FAILED, text="だめ", done_on=None, now=NOW)
    assert access.by_token(token, now=NOW + timedelta(days=3)) == row


def test_a_replaced_link_takes_no_answer() -> None:
    row = sent(now=NOW)
    instructions.send(instruction=row, actor=StaffFactory(), now=NOW)
    with pytest.raises(InstructionRefused):
        instructions.answer(instruction=row, round=1, event=Event.DONE, text="", done_on=NOW.date(), now=NOW)


@pytest.mark.parametrize(
    ("event", "text", "day", "field"),
    [
        (Event.DONE, "", None, "done_on"),
        (Event.DONE, "", date(2026, 11, 23), "done_on"),
        (Event.DONE, "", date(2026, 11, 25), "done_on"),
        (Event.FAILED, " ", None, "text"),
        (Event.ANSWERED, "", None, "text"),
        (Event.FAILED, "番号は 1234 5678 9018 です", None, "text"),
    ],
)
def test_what_cannot_be_an_answer(event: Event, text: str, day: date | None, field: str) -> None:
    row = sent(now=NOW)
    with pytest.raises(InvalidInstruction) as caught:
        instructions.answer(instruction=row, round=1, event=event, text=text, done_on=day, now=NOW)
    assert caught.value.field == field
    row.refresh_from_db()
    assert row.state == State.SENT


def test_a_question_back_is_answered_by_sending_again() -> None:
    row = sent(now=NOW)
    instructions.answer(instruction=row, round=1, event=Event.ANSWERED, text="控えもですか", done_on=None, now=NOW)
    again = instructions.send(instruction=row, actor=StaffFactory(), now=NOW, text="控えも消してください。")
    assert (again.state, again.round) == (State.SENT, 2)
    assert "控え" in (again.text or "")
    instructions.answer(instruction=row, round=2, event=Event.DONE, text="", done_on=NOW.date(), now=NOW)
    assert row.entries.filter(by="addressee").count() == 2


def test_reminded_before_and_after_then_escalated_each_once() -> None:
    row = sent(now=NOW)
    done = []
    for days in range(20):
        now = NOW + timedelta(days=days)
        for _twice in range(2):
            for pk in selectors_instructions.to_remind(now=now, limit=10):
                done.append((timezone.localdate(now), instructions.remind(instruction_id=pk, now=now)))
    assert done == [
        (date(2026, 11, 30), Stage.BEFORE),
        (date(2026, 12, 2), Stage.AFTER),
        (date(2026, 12, 5), Stage.ESCALATE),
    ]
    row.refresh_from_db()
    assert row.state == State.ESCALATED
    assert OutgoingMail.objects.filter(template="instruction_reminder").count() == 3


def test_days_on_which_nothing_ran_lose_nothing() -> None:
    row = sent(now=NOW)
    late = NOW + timedelta(days=40)
    assert selectors_instructions.to_remind(now=late, limit=10) == [row.pk]
    assert instructions.remind(instruction_id=row.pk, now=late) == Stage.ESCALATE
    assert selectors_instructions.to_remind(now=late, limit=10) == []


def test_every_day_the_question_and_the_rule_agree() -> None:
    """What the database is asked for is exactly what the domain finds due."""
    rows = [sent(now=NOW, kind=kind) for kind in (Kind.ERASE, Kind.STOP_USE, Kind.NOTIFY_ERASURE)]
    for before, days in pairwise(range(30)):
        now = NOW + timedelta(days=days)
        asked = set(selectors_instructions.to_remind(now=now, limit=10))
        worked = {row.pk for row in rows if instructions.remind(instruction_id=row.pk, now=now)}
        assert asked == worked, (before, days)


def test_the_sweep_reminds(monkeypatch: pytest.MonkeyPatch) -> None:
    row = sent(now=NOW)
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(days=8))
    tasks.sweep()
    row.refresh_from_db()
    assert row.state == State.REMINDED


def test_nobody_is_reminded_of_what_was_answered() -> None:
    row = sent(now=NOW)
    instructions.answer(instruction=row, round=1, event=Event.FAILED, text="ありません", done_on=None, now=NOW)
    late = NOW + timedelta(days=40)
    assert selectors_instructions.to_remind(now=late, limit=10) == []
    assert instructions.remind(instruction_id=row.pk, now=late) is None


def refused(change: Callable[[], object]) -> None:
    with transaction.atomic():
        change()
        # What is deleted is looked at when the transaction ends.
        connection.check_constraints()


def test_the_database_keeps_answers_and_texts() -> None:
    row = sent(now=NOW)
    entry = row.entries.first()
    assert entry is not None
    for change in (
        lambda: InstructionEntry.objects.filter(pk=entry.pk).update(done_on=NOW.date()),
        lambda: InstructionEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(DatabaseError):
            refused(change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Instruction.objects.filter(pk=row.pk).update(state="done")


def test_who_may_not_decide_may_only_ask() -> None:
    OperatorFactory()
    case = RequestFactory.in_review()
    with pytest.raises(NotAllowed):
        sent(case, actor=PersonFactory(), now=NOW)
    assert case.applicant is not None
    case.applicant.is_staff = case.applicant.is_superuser = True
    case.applicant.save()
    with pytest.raises(NotAllowed):
        sent(case, actor=case.applicant, now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"addressee": Addressee(AddresseeKind.STAFF, "倉庫")}, "addressee"),
        ({"identifier": ""}, "identifier"),
        ({"kind": Kind.QUESTION, "text": ""}, "text"),
        ({"kind": Kind.FORWARD}, "kind"),
        ({"text": "1234 5678 9018"}, "text"),
    ],
)
def test_what_cannot_be_sent(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInstruction) as caught:
        sent(now=NOW, **changes)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert not Instruction.objects.exists()
    assert not OutgoingMail.objects.filter(template="instruction_sent").exists()


def test_the_audit_trail_names_the_instruction_only() -> None:
    row = sent(now=NOW)
    entries = AuditEntry.objects.filter(object_id=str(row.pk))
    assert {entry.action for entry in entries} == {"instruction.created", "instruction.changed"}
    assert "C-1001" not in str(list(entries.values()))


@pytest.mark.parametrize("how", ["person", "letter", "fee", "silence"])
def test_what_was_asked_for_a_request_that_ended_unheard_is_taken_back(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No subcontractor sees a person any longer, or is reminded of one, who took the request back."""
    made = {
        "person": RequestFactory.in_review,
        "letter": lambda: RequestFactory.by_letter(Status.IN_REVIEW),
        "fee": RequestFactory.waiting_for_fee,
        "silence": RequestFactory.waiting,
    }[how]
    case, staff = made(), StaffFactory()
    asked = sent(case, actor=staff, now=NOW)
    decided = sent(case, actor=staff, now=NOW)
    Instruction.objects.filter(pk=decided.pk).update(decision=DecisionFactory(request=case))
    answered = sent(case, actor=staff, now=NOW)
    instructions.answer(instruction=answered, round=1, event=Event.ANSWERED, text="控えもですか", done_on=None, now=NOW)
    if how == "person":
        lifecycle.withdraw(request=case, actor=case.applicant, now=NOW)
    elif how == "letter":
        lifecycle.record_withdrawal(request=case, actor=staff, now=NOW)
    elif how == "fee":
        fees.decline(request=case, actor=case.applicant, now=NOW)
    else:
        monkeypatch.setattr(selectors, "last_turn", lambda request: request.status_changed_at)
        monkeypatch.setattr(selectors, "warnings_over", lambda **_: _Always())
        assert silence.close_when_silent(request_id=case.pk, now=NOW)
    states = {row.pk: row.state for row in Instruction.objects.all()}
    assert states == {asked.pk: State.WITHDRAWN, decided.pk: State.SENT, answered.pk: State.ANSWERED}
    assert why(instructions.token_of(asked), NOW) == Ended.WITHDRAWN
    assert asked.entries.get(event=Event.WITHDRAWN).by == "worker"
    assert instructions.remind(instruction_id=asked.pk, now=NOW + timedelta(days=60)) is None


def told(template: str) -> list[str]:
    mails = OutgoingMail.objects.filter(template=template).order_by("created_at")
    for mail in mails:
        assert "C-1001" not in f"{mail.subject} {mail.body_text} {mail.body_html}"
        assert "/instructions/" not in f"{mail.body_text} {mail.body_html}"
    return [mail.object_id for mail in mails]


def test_whoever_was_told_hears_that_it_was_taken_back() -> None:
    catalogue()
    row, staff = sent(now=NOW), StaffFactory()
    instructions.answer(instruction=row, round=1, event=Event.FAILED, text="いまはできません。", done_on=None, now=NOW)
    instructions.record(instruction=row, actor=staff, event=Event.WITHDRAWN, text="まちがい", done_on=None, now=NOW)
    assert told("instruction_withdrawn") == [str(row.pk)]
    mail = OutgoingMail.objects.get(template="instruction_withdrawn")
    assert (mail.recipient, mail.language) == (WAREHOUSE.email, WAREHOUSE.language)
    assert row.reference in (mail.subject or "")
    # One that nobody got is taken back without a word.
    with transaction.atomic():
        draft = instructions.create(request=row.request, addressee=WAREHOUSE, kind=Kind.ERASE, actor=staff, now=NOW)
    instructions.record(instruction=draft, actor=staff, event=Event.WITHDRAWN, text="まちがい", done_on=None, now=NOW)
    assert told("instruction_withdrawn") == [str(row.pk)]


def test_those_instructed_hear_that_the_decision_is_looked_at_again() -> None:
    catalogue()
    case, staff = RequestFactory.answered(), StaffFactory()
    decision = case.decisions.get()
    waiting, done, asked, withdrawn = (sent(case, actor=staff, now=NOW) for _each in range(4))
    Instruction.objects.exclude(pk=asked.pk).update(decision=decision)
    instructions.record(
        instruction=done, actor=staff, event=Event.DONE, text="電話で聞いた", done_on=NOW.date(), now=NOW
    )
    instructions.record(instruction=withdrawn, actor=staff, event=Event.WITHDRAWN, text="誤り", done_on=None, now=NOW)
    ended_at = Instruction.objects.get(pk=done.pk).ended_at

    lifecycle.reopen(request=case, actor=staff, now=NOW)

    assert sorted(told("instruction_reconsidered")) == sorted([str(waiting.pk), str(done.pk)])
    with transaction.atomic():
        assert instructions.reconsider(request=case, now=NOW) == 0
    states = dict(Instruction.objects.values_list("pk", "state"))
    assert (states[waiting.pk], states[done.pk]) == (State.SENT, State.DONE)
    assert Instruction.objects.get(pk=done.pk).ended_at == ended_at
    # Nobody is reminded of what they were asked to leave; with a new decision, or sent anew, it counts again.
    late = NOW + timedelta(days=60)
    assert instructions.remind(instruction_id=waiting.pk, now=late) is None
    DecisionFactory(request=case)
    assert instructions.remind(instruction_id=waiting.pk, now=late) == Stage.ESCALATE


class _Always:
    """Warned long ago."""

    def filter(self, **_given: object) -> "_Always":
        return self

    def exists(self) -> bool:
        return True


def test_nobody_is_asked_about_a_request_that_was_withdrawn() -> None:
    with pytest.raises(InvalidInstruction) as caught:
        sent(RequestFactory.withdrawn(), now=NOW, kind=Kind.QUESTION, text="控えはありますか。")
    assert caught.value.field == "kind"
    assert not Instruction.objects.exists()


def test_no_data_changes_elsewhere_before_it_is_known_whose_it_is() -> None:
    case = RequestFactory.waiting_for_identity()
    with pytest.raises(InvalidInstruction) as caught:
        sent(case, now=NOW)
    assert caught.value.field == "kind"
    assert sent(case, now=NOW, kind=Kind.QUESTION, text="この番号の方はいますか。").state == State.SENT
