"""Whom an incident affects: every criterion, the rows, the notices, and those whom a mail does not reach."""

import csv
import datetime
import io
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from consent_app import notifications
from consent_app.domain.affected import Criteria
from consent_app.models import (
    AffectedPerson,
    AffectedSelection,
    Broadcast,
    BroadcastRecipient,
    Customer,
    CustomerIdentity,
    ImportBatch,
    Incident,
    IncidentNotice,
)
from consent_app.services import affected, broadcasts, incident_notices, incidents
from consent_app.services.incidents import IncidentError
from privacy_portal.core.models import AuditEntry, Job, OutgoingMail
from tests.factories.consent import (
    CustomerFactory,
    DataItemFactory,
    OperatorFactory,
    OrderFactory,
    RecipientFactory,
    catalogue,
)
from tests.factories.core import StaffFactory, UserFactory
from tests.factories.security import affected as on_the_list
from tests.factories.security import notice, reportable, today
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db


def identity(customer: Customer, number: str, source: str = "shopify", **fields: Any) -> CustomerIdentity:
    return CustomerIdentity.objects.create(
        customer=customer, source=source, external_id=number, digest=b"x" * 32, **fields
    )


def chosen(**criteria: Any) -> set[str]:
    return {row.given_name for row in affected.customers_matching(Criteria(**criteria))}


def choose(incident: Incident, **criteria: Any) -> AffectedSelection:
    return affected.choose(incident=incident, criteria=Criteria(**criteria), actor=StaffFactory(), now=timezone.now())


def test_nothing_given_means_nobody_and_is_refused() -> None:
    CustomerFactory()
    assert chosen() == chosen(gift_recipients=True) == set()
    with pytest.raises(IncidentError, match="条件を1つ以上"):
        choose(reportable(), gift_recipients=True)
    assert len(chosen(everybody=True)) == 1


def test_by_data_item_held() -> None:
    items = catalogue()
    CustomerFactory(given_name="電話あり")
    CustomerFactory(given_name="電話なし", telephone="")
    CustomerFactory(given_name="誕生日だけ", telephone="", birth_date=datetime.date(1990, 1, 1))
    Customer.objects.exclude(given_name="誕生日だけ").update(birth_date=None)
    bought = CustomerFactory(given_name="注文あり", telephone="", birth_date=None)
    order = OrderFactory(customer=bought, item=items["order"])
    RecipientFactory(record=order)
    assert chosen(items=("telephone",)) == {"電話あり"}
    assert chosen(items=("telephone", "birth_date")) == {"電話あり", "誕生日だけ"}
    assert chosen(items=("order",)) == chosen(items=("recipient",)) == {"注文あり"}
    assert chosen(items=("note",)) == set()
    assert DataItemFactory(code="never").code
    assert chosen(items=("never",)) == set()


def test_by_source_import_and_dates() -> None:
    start = timezone.now() - datetime.timedelta(days=3)
    job = Job.objects.create(kind="customers.import", started_at=start, finished_at=start)
    batch = ImportBatch.objects.create(format="shopify", encoding="utf-8", job=job)
    before, within, after = (
        CustomerFactory(given_name="前"),
        CustomerFactory(given_name="中"),
        CustomerFactory(given_name="後"),
    )
    Customer.objects.filter(pk=before.pk).update(created_at=start - datetime.timedelta(days=30))
    Customer.objects.filter(pk=within.pk).update(created_at=start)
    identity(before, "1", seen_at=start - datetime.timedelta(days=30))
    identity(within, "2", seen_at=start)
    # Came in by this import and was changed by a later one.
    touched_again = CustomerFactory(given_name="中、のちに変更")
    Customer.objects.filter(pk=touched_again.pk).update(created_at=start)
    identity(touched_again, "3", seen_at=start + datetime.timedelta(days=1))
    identity(after, "4", seen_at=start + datetime.timedelta(days=2))
    identity(CustomerFactory(given_name="別の店"), "2", source="base", seen_at=start)
    assert chosen(batch=str(batch.pk)) == {"中", "中、のちに変更"}
    assert chosen(batch=str(uuid.uuid4())) == set()
    assert chosen(source="shopify") == {"前", "中", "中、のちに変更", "後"}
    assert chosen(source="shopify", registered_until=today(-10)) == {"前"}
    assert chosen(registered_from=today(-3), registered_until=today(-3)) == {"中", "中、のちに変更"}


def test_days_are_days_in_japan_and_the_last_one_counts() -> None:
    customer = CustomerFactory(given_name="花子")
    # 00:30 on 1 June in Tokyo.
    OrderFactory(customer=customer, occurred_at=datetime.datetime(2026, 5, 31, 15, 30, tzinfo=datetime.UTC))
    june = datetime.date(2026, 6, 1)
    assert chosen(bought_from=june, bought_until=june) == {"花子"}
    assert chosen(bought_until=datetime.date(2026, 5, 31)) == set()
    assert chosen(bought_from=datetime.date(2026, 6, 2)) == set()


def test_by_numbers_and_what_is_not_found() -> None:
    one, two = CustomerFactory(given_name="一"), CustomerFactory(given_name="二")
    identity(one, "A-1")
    identity(two, "A-1", source="base")
    other = CustomerFactory(given_name="三")
    assert chosen(numbers=("A-1",)) == {"一", "二"}
    assert chosen(numbers=(str(other.pk).upper(), "A-9")) == {"三"}
    assert chosen(numbers=("A-1",), source="base") == {"二"}
    OrderFactory(customer=other, external_id="0B777")
    assert chosen(numbers=("0B777",)) == {"三"}
    assert affected.numbers_not_found(("0B777", "0B778")) == ["0B778"]
    assert affected.numbers_not_found(("A-1", "A-9", str(other.pk).upper(), "%")) == ["A-9", "%"]


def test_gift_recipients_are_persons_too_and_counted_once() -> None:
    giver = CustomerFactory()
    first = OrderFactory(customer=giver)
    RecipientFactory(record=first)
    RecipientFactory(record=OrderFactory(customer=giver))
    RecipientFactory(record=first, given_name="別人", name_key="贈田別人")
    RecipientFactory(record=OrderFactory())
    row = reportable()
    counted = affected.preview(incident=row, criteria=Criteria(numbers=(str(giver.pk),), gift_recipients=True))
    assert (counted.customers, counted.recipients, counted.fresh) == (1, 2, 3)
    selection = choose(row, numbers=(str(giver.pk),), gift_recipients=True)
    assert selection.added == 3
    assert selection.criteria == {"numbers": 1, "gift_recipients": True}
    row.refresh_from_db()
    assert row.persons_listed == 3
    assert choose(row, numbers=(str(giver.pk),), gift_recipients=True).added == 0
    assert affected.to_be_told_otherwise(row).count() == 2


def test_more_than_a_thousand_on_the_list_make_it_reportable() -> None:
    row = reportable(wrongful_purpose="no")
    assert row.reportability == "not_reportable"
    Customer.objects.bulk_create([Customer(given_name=str(n), email=f"c{n}@post.example") for n in range(1001)])
    choose(row, everybody=True)
    row.refresh_from_db()
    assert (row.persons_listed, row.reportability) == (1001, "reportable")
    assert choose(row, everybody=True).added == 0
    assert AuditEntry.objects.filter(action="incident.persons_chosen").first().detail["persons"] in (0, 1001)


def test_somebody_is_on_the_list_once() -> None:
    row, customer = reportable(), CustomerFactory()
    on_the_list(row, customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        on_the_list(row, customer)


def test_who_was_told_cannot_be_removed() -> None:
    row = reportable()
    told, untold = on_the_list(row, CustomerFactory(), CustomerFactory())
    affected.tell_otherwise(
        incident=row,
        persons=[told.pk],
        way=AffectedPerson.Way.LETTER,
        told_on=today(),
        actor=StaffFactory(),
        now=timezone.now(),
    )
    with pytest.raises(IncidentError, match="もう知らせた人"):
        affected.remove(incident=row, persons=[told.pk, untold.pk], actor=StaffFactory())
    assert AffectedPerson.objects.count() == 2
    with pytest.raises(DatabaseError, match="has been told"), transaction.atomic():
        AffectedPerson.objects.filter(pk=told.pk).delete()
    with pytest.raises(DatabaseError, match="has been told"), transaction.atomic():
        AffectedPerson.objects.filter(pk=told.pk).update(told_at=None, way="")
    assert affected.remove(incident=row, persons=[untold.pk], actor=StaffFactory()) == 1
    row.refresh_from_db()
    assert (row.persons_listed, row.persons_told) == (1, 1)


def test_the_row_outlives_the_persons_data() -> None:
    row, customer = reportable(), CustomerFactory()
    (person,) = on_the_list(row, customer)
    affected.tell_otherwise(
        incident=row,
        persons=[person.pk],
        way=AffectedPerson.Way.TELEPHONE,
        told_on=today(),
        actor=StaffFactory(),
        now=timezone.now(),
    )
    customer.delete()
    person.refresh_from_db()
    assert person.customer is None
    assert person.way == "telephone"


@pytest.mark.parametrize("days", [-5, 1])
def test_told_between_knowing_and_today(days: int) -> None:
    row = reportable(days_ago=2)
    (person,) = on_the_list(row, CustomerFactory())
    with pytest.raises(IncidentError, match="知った日から今日まで"):
        affected.tell_otherwise(
            incident=row,
            persons=[person.pk],
            way=AffectedPerson.Way.LETTER,
            told_on=today(days),
            actor=StaffFactory(),
            now=timezone.now(),
        )


def test_a_closed_incident_takes_nobody() -> None:
    row = reportable(closed_on=today())
    with pytest.raises(IncidentError, match="終えた事故"):
        choose(row, everybody=True)


# ------------------------------------------------------------------------------------------------------------- notices


def begin(draft: IncidentNotice) -> Broadcast:
    return incident_notices.start(notice=draft, revision=draft.revision, actor=StaffFactory(), now=timezone.now())


def addresses() -> list[str]:
    return sorted(mail.recipient or "" for mail in OutgoingMail.objects.filter(template=notifications.INCIDENT_NOTICE))


def test_everybody_affected_is_told_once_although_the_worker_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    OperatorFactory()
    monkeypatch.setattr(broadcasts, "FOUND_AT_ONCE", 50)
    monkeypatch.setattr(broadcasts, "WRITTEN_AT_ONCE", 20)
    Customer.objects.bulk_create([Customer(given_name=str(n), email=f"c{n}@post.example") for n in range(130)])
    spared = CustomerFactory(email="spared@post.example")
    row = reportable()
    on_the_list(row, *Customer.objects.exclude(pk=spared.pk))
    broadcast = begin(notice(row))
    write, calls = notifications.incident_notices, 0

    class Died(BaseException):
        pass

    def mortal(**arguments: Any) -> list[OutgoingMail | None]:
        nonlocal calls
        calls += 1
        mails = write(**arguments)
        if calls in (2, 5):
            raise Died
        return mails

    monkeypatch.setattr(notifications, "incident_notices", mortal)
    for _death in range(2):
        with pytest.raises(Died):
            broadcasts.run(broadcast_id=broadcast.pk, seconds=60)
        assert AffectedPerson.objects.exclude(told_at=None).count() == OutgoingMail.objects.count()
    broadcasts.run(broadcast_id=broadcast.pk, seconds=60)
    assert addresses() == sorted(f"c{n}@post.example" for n in range(130))
    row.refresh_from_db()
    assert (row.persons_listed, row.persons_told) == (130, 130)
    assert not AffectedPerson.objects.filter(mail=None).exists()
    broadcast.refresh_from_db()
    assert broadcast.job.result == {"mails": 130, "unusable": 0}
    broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.count() == 130


def test_the_mail_has_the_five_points_in_the_persons_language_and_none_of_their_data() -> None:
    OperatorFactory()
    english = CustomerFactory(user=UserFactory(language="en"), email="en@post.example")
    japanese = CustomerFactory(email="ja@post.example")
    row = reportable()
    on_the_list(row, english, japanese)
    broadcasts.run(broadcast_id=begin(notice(row)).pk)
    mails = {mail.recipient: mail for mail in OutgoingMail.objects.all()}
    assert mails["en@post.example"].subject == "Important news about your personal data"
    for point in ("overview", "data_involved", "cause", "damage", "other"):
        assert f"{point} <en> & more" in (mails["en@post.example"].body_text or "")
        assert f"{point} <ja> & more" in (mails["ja@post.example"].body_text or "")
        assert f"{point} &lt;ja&gt; &amp; more" in (mails["ja@post.example"].body_html or "")
    for mail in mails.values():
        assert "高橋" not in (mail.body_text or "") + (mail.body_html or "")
        assert "髙橋" not in (mail.body_text or "") + (mail.body_html or "")
        assert "35" in (mail.body_text or "")


def test_who_is_removed_or_told_meanwhile_gets_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    OperatorFactory()
    monkeypatch.setattr(broadcasts, "WRITTEN_AT_ONCE", 1)
    row = reportable()
    people = [CustomerFactory(email=f"c{n}@post.example") for n in range(3)]
    persons = on_the_list(row, *people)
    broadcast = begin(notice(row))
    while BroadcastRecipient.objects.count() < 3 or Broadcast.objects.get().found_at is None:
        broadcasts.step(broadcast_id=broadcast.pk, now=timezone.now())
    affected.remove(incident=row, persons=[persons[0].pk], actor=StaffFactory())
    affected.tell_otherwise(
        incident=row,
        persons=[persons[1].pk],
        way=AffectedPerson.Way.TELEPHONE,
        told_on=today(),
        actor=StaffFactory(),
        now=timezone.now(),
    )
    broadcasts.run(broadcast_id=broadcast.pk)
    assert addresses() == ["c2@post.example"]
    broadcast.refresh_from_db()
    assert broadcast.finished_at is not None


def test_those_whom_a_mail_does_not_reach_are_listed_for_letters() -> None:
    OperatorFactory()
    row = reportable()
    reached = CustomerFactory(email="ok@post.example")
    failed = CustomerFactory(email="full@post.example")
    on_the_list(
        row,
        reached,
        failed,
        CustomerFactory(email="", given_name="番地だけ", address1="=HYPERLINK(1)", prefecture=""),
        CustomerFactory(email="not an address"),
    )
    broadcast = begin(notice(row))
    broadcasts.run(broadcast_id=broadcast.pk)
    broadcast.refresh_from_db()
    assert broadcast.job.result == {"mails": 2, "unusable": 1}
    assert affected.to_be_told_otherwise(row).count() == 2
    mail = AffectedPerson.objects.get(customer=failed).mail
    assert mail is not None
    OutgoingMail.objects.filter(pk=mail.pk).update(state=OutgoingMail.State.FAILED)
    assert affected.to_be_told_otherwise(row).count() == 3
    row.refresh_from_db()
    assert "まだ知らせていない人に知らせるか" in " ".join(incidents.left_to_do(row))

    content = affected.addresses(incident=row, actor=StaffFactory(), now=timezone.now())
    lines = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    assert len(lines) == 4
    assert any(line[3].startswith("'=HYPERLINK") for line in lines)
    assert AuditEntry.objects.get(action="incident.persons_exported").detail == {"persons": 3}

    keys = list(affected.to_be_told_otherwise(row).values_list("pk", flat=True))
    count = affected.tell_otherwise(
        incident=row,
        persons=keys,
        way=AffectedPerson.Way.LETTER,
        told_on=today(),
        actor=StaffFactory(),
        now=timezone.now(),
    )
    assert count == 3
    assert not affected.to_be_told_otherwise(row).exists()


def test_a_second_notice_goes_to_the_others_or_on_purpose_to_all() -> None:
    OperatorFactory()
    row = reportable()
    on_the_list(row, CustomerFactory(email="one@post.example"))
    broadcasts.run(broadcast_id=begin(notice(row)).pk)
    with pytest.raises(IncidentError, match="メールで知らせる人がいません"):
        begin(notice(row))
    on_the_list(row, CustomerFactory(email="two@post.example"))
    broadcasts.run(broadcast_id=begin(notice(row)).pk)
    assert addresses() == ["one@post.example", "two@post.example"]
    broadcasts.run(broadcast_id=begin(notice(row, audience="all")).pk)
    assert addresses() == ["one@post.example"] * 2 + ["two@post.example"] * 2
    assert "その後わかったこと" in (OutgoingMail.objects.order_by("-created_at").first().body_text or "")


def test_what_keeps_a_notice_from_being_sent() -> None:
    row = reportable()
    with pytest.raises(IncidentError, match="メールで知らせる人がいません"):
        begin(notice(row))
    on_the_list(row, CustomerFactory())
    with pytest.raises(IncidentError, match="概要"):
        begin(notice(row, overview_en=" "))
    draft = notice(row)
    draft.revision = 7
    with pytest.raises(IncidentError, match="ほかの人が先に"):
        begin(draft)
    draft.refresh_from_db()
    begin(draft)
    with pytest.raises(IncidentError, match="もう送り始めています"):
        begin(draft)
    with pytest.raises(IncidentError, match="送っている途中"):
        begin(notice(row))
    with pytest.raises(IncidentError, match="もう送り始めています"):
        incident_notices.delete_draft(notice=draft, actor=StaffFactory())
    with pytest.raises(DatabaseError, match="has been sent"), transaction.atomic():
        IncidentNotice.objects.filter(pk=draft.pk).update(cause_ja="別の原因")


def test_a_broadcast_is_about_one_thing() -> None:
    job = Job.objects.create(kind="incident.notice")
    with pytest.raises(IntegrityError), transaction.atomic():
        Broadcast.objects.create(job=job)


def test_pausing_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    OperatorFactory()
    monkeypatch.setattr(broadcasts, "WRITTEN_AT_ONCE", 1)
    row = reportable()
    on_the_list(row, *[CustomerFactory() for _number in range(3)])
    broadcast = begin(notice(row))
    while not OutgoingMail.objects.exists():
        broadcasts.step(broadcast_id=broadcast.pk, now=timezone.now())
    actor = StaffFactory()
    broadcasts.pause(broadcast=broadcast, actor=actor, now=timezone.now())
    broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.count() == 1
    broadcasts.resume(broadcast=broadcast, actor=actor)
    broadcasts.run(broadcast_id=broadcast.pk)
    assert OutgoingMail.objects.count() == 3
    row.refresh_from_db()
    assert row.persons_told == 3
    assert incidents.left_to_do(row) == ["確報を記録してください。"]


@pytest.mark.django_db(transaction=True)
def test_two_choose_and_two_send_at_once() -> None:
    """The lock of the incident lets one through at a time: nobody twice on the list, one notice under way."""
    OperatorFactory()
    row = reportable()
    Customer.objects.bulk_create([Customer(given_name=str(n), email=f"c{n}@post.example") for n in range(50)])
    selections = run_at_once([lambda: choose(row, everybody=True)] * 3)
    assert sorted(selection.added for selection in selections) == [0, 0, 50]
    drafts = [notice(row), notice(row)]

    def send(draft: IncidentNotice) -> bool:
        try:
            begin(draft)
        except IncidentError:
            return False
        return True

    assert sorted(run_at_once([lambda: send(drafts[0]), lambda: send(drafts[1])])) == [False, True]
    key = Broadcast.objects.get().pk
    run_at_once([lambda: broadcasts.run(broadcast_id=key, seconds=60)] * 3)
    broadcasts.run(broadcast_id=key, seconds=60)
    assert len(set(addresses())) == len(addresses()) == 50
    row.refresh_from_db()
    assert row.persons_told == 50
