"""A file with many persons leaves when a second person agreed: who may, how long, how often, what is written."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.utils import timezone

from consent_app.models import Entrustment, ExportKind, ExportOrder, ExportTaken, Incident, ProvisionRun
from consent_app.services import affected, entrusted_file, entrusting, export_files, exports, provision_runs
from consent_app.services.entrusted_file import Stopped
from consent_app.services.exports import ExportError, NeedsSecondPerson
from consent_app.tasks import make_export, sweep_exports
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.services import files
from tests.factories import security
from tests.factories.consent import CustomerFactory, DataItemFactory, PurposeFactory
from tests.factories.core import StaffFactory
from tests.factories.supervision import supervised
from tests.support.concurrency import run_at_once
from tests.support.files import path_of

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LATER = NOW + timedelta(hours=1)
MANY, FEW = 3, 2


@pytest.fixture(autouse=True)
def _limit(settings: LazySettings) -> None:
    settings.EXPORT_SECOND_PERSON_FROM = MANY


def staff(*permissions: str, language: str = "ja") -> User:
    user = StaffFactory(is_superuser=False, language=language)
    found = Permission.objects.filter(content_type__app_label="consent_app", codename__in=permissions)
    user.user_permissions.set(found)
    return User.objects.get(pk=user.pk)


def asker() -> User:
    return staff("notify_affected", "add_entrustment", "add_provisionrun", "export_provisionrun", "view_exportorder")


def approver() -> User:
    return staff("approve_exportorder", "view_exportorder", language="en")


def incident(number: int = MANY) -> Incident:
    """With so many persons who have no address that mail can go to."""
    row = security.reportable()
    security.affected(row, *(CustomerFactory(email="", family_name="髙橋") for _one in range(number)))
    return row


def ask(row: Any, actor: User, now: datetime = NOW) -> ExportOrder:
    kind = {Incident: "addresses", Entrustment: "entrustment", ProvisionRun: "provision"}[type(row)]
    return exports.ask(kind=kind, obj=row, persons=export_files.persons(row), why="印刷会社へ", actor=actor, now=now)


def ready(row: Any, actor: User) -> ExportOrder:
    second = approver()
    order = ask(row, actor)
    exports.decide(order=order, approve=True, actor=second, now=NOW)
    export_files.make(order=order, now=NOW)
    order.refresh_from_db()
    assert order.state(NOW) == "ready"
    return order


def actions() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="export.").order_by("pk")
    return [row.action.removeprefix("export.") for row in rows]


def test_a_small_file_leaves_at_once_and_is_written_down() -> None:
    actor, row = asker(), incident(FEW)
    assert "髙橋" in affected.addresses(incident=row, actor=actor, now=NOW)
    taken = ExportTaken.objects.get()
    assert (taken.kind, taken.persons, taken.by, taken.order) == (ExportKind.ADDRESSES, FEW, actor, None)
    assert AuditEntry.objects.get(action="incident.persons_exported").detail == {"persons": FEW}


def test_a_large_file_does_not_leave_by_itself() -> None:
    with pytest.raises(NeedsSecondPerson):
        affected.addresses(incident=incident(), actor=asker(), now=NOW)
    assert not ExportTaken.objects.exists()
    assert not AuditEntry.objects.filter(action="incident.persons_exported").exists()


def test_without_a_limit_every_file_leaves(settings: LazySettings) -> None:
    settings.EXPORT_SECOND_PERSON_FROM = 0
    assert affected.addresses(incident=incident(), actor=asker(), now=NOW)


def test_a_large_file_in_pieces_is_a_large_file() -> None:
    actor, other = asker(), asker()
    first, second = incident(FEW), incident(FEW)
    affected.addresses(incident=first, actor=actor, now=NOW)
    affected.addresses(incident=first, actor=actor, now=LATER)  # the same one again
    with pytest.raises(NeedsSecondPerson):
        affected.addresses(incident=second, actor=actor, now=LATER)
    assert affected.addresses(incident=second, actor=other, now=LATER), "counted for each person"
    assert affected.addresses(incident=second, actor=actor, now=LATER + timedelta(days=1)), "after a day"


def test_the_whole_way() -> None:
    actor, second, row = asker(), approver(), incident()
    order = ask(row, actor)
    mail = OutgoingMail.objects.get(template="export_asked")
    assert (mail.recipient, mail.language) == (second.email, "en")
    for secret in ("髙橋", "印刷会社", str(actor), actor.email):
        assert secret not in f"{mail.subject} {mail.body_text} {mail.body_html}"
    assert f"/exportorder/{order.pk}/change/" in (mail.body_text or "")
    with pytest.raises(ExportError):
        export_files.take(order=order, actor=actor, now=NOW)

    exports.decide(order=order, approve=True, actor=second, now=LATER)
    with pytest.raises(ExportError):
        export_files.take(order=order, actor=actor, now=LATER)
    make_export(str(order.pk))
    make_export(str(order.pk))
    order.refresh_from_db()
    assert order.file is not None
    assert "髙橋".encode() not in path_of(order.file).read_bytes(), "encrypted at rest"
    answered = OutgoingMail.objects.get(template="export_answered")
    assert answered.recipient == actor.email
    assert "承認" in (answered.body_text or "")

    for _time in range(ExportOrder.DOWNLOADS):
        file = export_files.take(order=order, actor=actor, now=timezone.now())
        assert "髙橋" in b"".join(files.open_stream(file)).decode()
    with pytest.raises(ExportError):
        export_files.take(order=order, actor=actor, now=timezone.now())
    order.refresh_from_db()
    assert order.state(timezone.now()) == "used"
    assert actions() == ["asked", "approved", "made", "taken", "taken", "taken"]
    assert [taken.order for taken in ExportTaken.objects.all()] == [order] * 3


def test_nobody_but_who_asked_downloads_it() -> None:
    actor, row = asker(), incident()
    order = ready(row, actor)
    for other in (asker(), order.decided_by, StaffFactory()):
        with pytest.raises(ExportError):
            export_files.take(order=order, actor=other, now=NOW)  # type: ignore[arg-type]
    assert actions().count("denied") == 3
    actor.user_permissions.clear()
    with pytest.raises(ExportError):
        export_files.take(order=order, actor=User.objects.get(pk=actor.pk), now=NOW)
    assert not ExportTaken.objects.exists()


def test_nobody_approves_their_own() -> None:
    actor = staff("notify_affected", "approve_exportorder")
    approver()
    order = ask(incident(), actor)
    assert actor.email not in {mail.recipient for mail in OutgoingMail.objects.all()}
    with pytest.raises(ExportError):
        exports.decide(order=order, approve=True, actor=actor, now=NOW)
    order.refresh_from_db()
    assert order.approved is None
    assert actions() == ["asked", "denied"]
    with pytest.raises(IntegrityError), transaction.atomic():
        ExportOrder.objects.filter(pk=order.pk).update(approved=True, decided_by=actor, decided_at=NOW)


def test_who_may_not_approve_does_not() -> None:
    actor, second = asker(), approver()
    order = ask(incident(), actor)
    second.is_active = False
    for other in (asker(), staff(), second):
        with pytest.raises(ExportError):
            exports.decide(order=order, approve=True, actor=other, now=NOW)
    order.refresh_from_db()
    assert order.approved is None


def test_without_anybody_who_could_answer_nothing_is_asked() -> None:
    with pytest.raises(ExportError, match="承認できる人"):
        ask(incident(), asker())
    assert not ExportOrder.objects.exists()


def test_asking_needs_the_permission_a_reason_and_persons() -> None:
    approver()
    row = incident()
    for actor, why, persons in ((staff(), "理由", 3), (asker(), "　", 3), (asker(), "理由", 0)):
        with pytest.raises(ExportError):
            exports.ask(kind="addresses", obj=row, persons=persons, why=why, actor=actor, now=NOW)
    assert not ExportOrder.objects.exists()


def test_asking_twice_is_asking_once() -> None:
    actor, row = asker(), incident()
    approver()
    assert ask(row, actor) == ask(row, actor)
    assert OutgoingMail.objects.filter(template="export_asked").count() == 1
    security.affected(row, CustomerFactory(email=""))
    assert ask(row, actor).persons == MANY + 1, "more persons by now: that is another file"


def test_declined_it_stays_where_it_is() -> None:
    actor, second = asker(), approver()
    order = ask(incident(), actor)
    exports.decide(order=order, approve=False, actor=second, now=NOW)
    assert "却下" in (OutgoingMail.objects.get(template="export_answered").body_text or "")
    make_export(str(order.pk))
    order.refresh_from_db()
    assert (order.state(NOW), order.file) == ("declined", None)
    with pytest.raises(ExportError):
        exports.decide(order=order, approve=True, actor=approver(), now=NOW)


def test_the_time_to_answer_and_the_time_to_download_end() -> None:
    actor, second, row = asker(), approver(), incident()
    late = NOW + timedelta(hours=49)
    order = ask(row, actor)
    with pytest.raises(ExportError):
        exports.decide(order=order, approve=True, actor=second, now=late)
    good = ready(incident(), actor)
    with pytest.raises(ExportError):
        export_files.take(order=good, actor=actor, now=late)
    exports.sweep(now=NOW + timedelta(hours=47))
    good.refresh_from_db()
    assert good.file is not None
    assert good.file.erased_at is None
    exports.sweep(now=late)
    good.file.refresh_from_db()
    assert good.file.erased_at is not None
    exports.sweep(now=NOW + timedelta(days=367))
    assert not ExportOrder.objects.exists()


@pytest.mark.parametrize("by", ["asker", "approver"])
def test_leave_is_taken_back(by: str) -> None:
    actor = asker()
    order = ready(incident(), actor)
    with pytest.raises(ExportError):
        exports.withdraw(order=order, actor=asker(), now=NOW)
    exports.withdraw(order=order, actor=actor if by == "asker" else approver(), now=NOW)
    with pytest.raises(ExportError):
        export_files.take(order=order, actor=actor, now=NOW)
    order.refresh_from_db()
    assert order.file is not None
    assert order.file.erased_at is not None
    with pytest.raises(ExportError):
        exports.withdraw(order=order, actor=actor, now=NOW)
    assert actions()[-2:] == ["withdrawn"] or actions()[-1] == "withdrawn"


def test_more_persons_than_were_approved_do_not_leave() -> None:
    actor, row = asker(), incident()
    approver()
    order = ask(row, actor)
    exports.decide(order=order, approve=True, actor=approver(), now=NOW)
    security.affected(row, CustomerFactory(email=""))
    export_files.make(order=order, now=NOW)
    order.refresh_from_db()
    assert (order.state(NOW), order.problem, order.file) == ("failed", "grown", None)
    assert actions()[-1] == "failed"


def test_a_lost_worker_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    actor, second = asker(), approver()
    order = ask(incident(), actor, now=timezone.now())
    exports.decide(order=order, approve=True, actor=second, now=timezone.now() - timedelta(minutes=2))
    nudged: list[tuple[str, str]] = []
    monkeypatch.setattr(exports, "nudge", lambda task, key: nudged.append((task, key)))
    sweep_exports()
    assert nudged == [(exports.MAKE_TASK, str(order.pk))]


@pytest.fixture
def handed() -> Entrustment:
    """A file for a carrier, with three persons."""
    items = [DataItemFactory(code=code) for code in ("name", "address", "telephone", "order", "recipient")]
    PurposeFactory(code="delivery", items=items)
    carrier = supervised(code="carrier", items=items)
    customers = tuple(CustomerFactory().pk for _one in range(MANY))
    outcome = entrusting.entrust(
        customers=customers,
        subcontractor=carrier,
        purpose="delivery",
        items=["name"],
        actor=StaffFactory(),
        now=NOW,
        write=lambda handed: entrusted_file.write(
            chosen=entrusted_file.Chosen(customers), handed=handed, code=carrier.code
        ),
    )
    assert outcome.entrustment.allowed == MANY
    return outcome.entrustment


def test_a_file_for_a_subcontractor_is_asked_about_once_more(handed: Entrustment) -> None:
    actor = asker()
    with pytest.raises(NeedsSecondPerson):
        entrusted_file.open_file(entrustment=handed, actor=actor, now=LATER)
    order = ready(handed, actor)
    assert order.file is None, "it lies with its record; there is no second copy"
    assert export_files.take(order=order, actor=actor, now=LATER) == handed.file
    with pytest.raises(ExportError):
        entrusted_file.open_file(entrustment=handed, actor=asker(), now=LATER, order=order)
    type(handed.subcontractor).objects.filter(pk=handed.subcontractor_id).update(active=False)
    with pytest.raises(Stopped):
        export_files.take(order=order, actor=actor, now=LATER)
    order.refresh_from_db()
    assert order.downloads == 1


def test_a_leave_is_for_one_file(handed: Entrustment) -> None:
    actor = asker()
    order = ready(incident(), actor)
    with pytest.raises(ExportError):
        entrusted_file.open_file(entrustment=handed, actor=actor, now=NOW, order=order)
    assert not ExportTaken.objects.exists()


def test_a_file_for_a_third_party_needs_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate, which asks about everybody, is tested where it is (test_provision_runs)."""
    monkeypatch.setattr(provision_runs.provisions, "refused_now", lambda **_of: 0)
    actor = asker()
    with files.create(name="out.csv", content_type="text/csv") as writer:
        writer.write(b"x")
    run = ProvisionRun.objects.create(kind="export", encoding="utf-8", created_by=actor, output=writer.file)
    monkeypatch.setattr(export_files, "persons", lambda obj: MANY)
    monkeypatch.setattr(exports, "is_large", lambda persons: True)
    with pytest.raises(NeedsSecondPerson):
        provision_runs.take(run=run, actor=actor, now=NOW)
    run.refresh_from_db()
    assert run.taken_at is None
    order = ready(run, actor)
    assert export_files.take(order=order, actor=actor, now=LATER) == run.output
    run.refresh_from_db()
    assert run.taken_at == LATER


def test_a_file_that_was_erased_is_not_made_ready(handed: Entrustment) -> None:
    actor, second = asker(), approver()
    order = ask(handed, actor)
    exports.decide(order=order, approve=True, actor=second, now=NOW)
    assert handed.file is not None
    files.erase(file=handed.file, actor="worker")
    export_files.make(order=order, now=NOW)
    order.refresh_from_db()
    assert (order.state(NOW), order.problem) == ("failed", "gone")


def attempt(verb: Callable[..., Any], order: ExportOrder, **more: Any) -> Any:
    try:
        return verb(order=ExportOrder.objects.get(pk=order.pk), now=timezone.now(), **more)
    except ExportError as error:
        return error


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_wins() -> None:
    actor, one, other = asker(), approver(), approver()
    order = ask(incident(), actor)
    results = run_at_once(
        [
            lambda: attempt(exports.decide, order, approve=True, actor=one),
            lambda: attempt(exports.decide, order, approve=False, actor=other),
        ]
    )
    assert sum(isinstance(result, ExportError) for result in results) == 1
    order.refresh_from_db()
    won = one if order.approved else other
    assert order.decided_by == won
    assert len(actions()) == 2


@pytest.mark.django_db(transaction=True)
def test_many_downloads_at_once_are_counted() -> None:
    actor = asker()
    order = ready(incident(), actor)
    results = run_at_once([lambda: attempt(export_files.take, order, actor=actor)] * 6)
    assert sum(isinstance(result, ExportError) for result in results) == 6 - ExportOrder.DOWNLOADS
    assert ExportTaken.objects.count() == ExportOrder.DOWNLOADS


@pytest.mark.django_db(transaction=True)
def test_two_small_files_at_once_see_each_other() -> None:
    actor, one, other = asker(), incident(FEW), incident(FEW)

    def take(row: Incident) -> Any:
        try:
            return affected.addresses(incident=row, actor=actor, now=NOW)
        except NeedsSecondPerson as error:
            return error

    results = run_at_once([lambda: take(one), lambda: take(other)])
    assert sum(isinstance(result, NeedsSecondPerson) for result in results) == 1
