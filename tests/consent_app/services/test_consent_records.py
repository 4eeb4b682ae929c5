"""Consents that reach staff: with their proof, the wording that was shown, and who spoke for whom."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consent_app import selectors
from consent_app.models import Consent, ConsentAgent, Customer, Purpose, PurposeVersion
from consent_app.services import gate, wordings
from consent_app.services.consent_records import Agent, RecordError, Said, record
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from tests.factories.consent import ConsentFactory, CustomerFactory, DataItemFactory, OperatorFactory, PurposeFactory
from tests.factories.requests import StaffFactory
from tests.support.concurrency import run_at_once

NOW = timezone.now()
DAY = timedelta(days=1)
PARENT = Agent(relation="parent", name="髙橋　太郎", evidence="family_register", checked_on=date(2026, 4, 1))

pytestmark = pytest.mark.django_db


@pytest.fixture
def purpose() -> Purpose:
    OperatorFactory()
    return PurposeFactory(
        code="campaign", needs_consent=True, items=[DataItemFactory(code="email")], text_ja="企画", text_en="Campaign"
    )


@pytest.fixture
def version(purpose: Purpose) -> PurposeVersion:
    return wordings.keep_version(purpose=purpose, now=NOW - 10 * DAY)


@pytest.fixture
def staff() -> User:
    return StaffFactory()


Write = Callable[..., Consent]


@pytest.fixture
def write(purpose: Purpose, version: PurposeVersion, staff: User) -> Write:
    def _write(customer: Customer, *, agent: Agent | None = None, key: uuid.UUID | None = None, **said: Any) -> Consent:
        values = {"event": "given", "channel": "letter", "at": NOW - DAY, "proof": "綴り 12番", "version": version}
        return record(
            key=key or uuid.uuid4(),
            customer=customer,
            purpose=purpose,
            said=Said(**{**values, **said}),
            agent=agent,
            actor=staff,
            now=NOW,
        )

    return _write


def test_a_letter(write: Write, version: PurposeVersion, staff: User) -> None:
    customer = CustomerFactory()
    consent = write(customer, language="en")
    consent.refresh_from_db()
    assert (consent.channel, consent.proof, consent.recorded_by) == ("letter", "綴り 12番", staff)
    assert (consent.at, consent.recorded_at, consent.valid_until) == (NOW - DAY, NOW, None)
    assert (consent.purpose_version, consent.wording) == (version, version.shown_en)
    assert consent.wording.startswith("Campaign\n")
    assert gate.may_use(customer=customer.pk, purpose="campaign", at=NOW).allowed
    mail = OutgoingMail.objects.get()
    assert (mail.template, mail.recipient, mail.language) == ("consent_given", customer.email, "ja")
    entry = AuditEntry.objects.get(action="consent.recorded")
    assert entry.detail == {"purpose": consent.purpose_id, "event": "given"}


def test_what_was_said_later_counts_whatever_was_recorded_later(write: Write) -> None:
    customer = CustomerFactory()
    write(customer, event="withdrawn", channel="telephone", at=NOW - DAY, version=None)
    write(customer, at=NOW - 2 * DAY)
    assert [row.event for row in selectors.consent_history(customer)] == ["withdrawn", "given"]
    assert not gate.may_use(customer=customer.pk, purpose="campaign", at=NOW).allowed
    write(customer, at=NOW)
    assert gate.may_use(customer=customer.pk, purpose="campaign", at=NOW).allowed


def test_a_second_click_writes_nothing(write: Write) -> None:
    customer, key = CustomerFactory(), uuid.uuid4()
    assert write(customer, key=key) == write(customer, key=key, proof="other")
    assert Consent.objects.count() == OutgoingMail.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        write(CustomerFactory(), key=key)


def test_until_when(write: Write, purpose: Purpose) -> None:
    purpose.valid_months = 1
    purpose.save()
    until = timezone.localtime(write(CustomerFactory()).valid_until)
    assert (until.date() - timezone.localdate(NOW)).days in range(26, 31)
    assert write(CustomerFactory(), valid_until=NOW + DAY).valid_until == NOW + DAY


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"event": "expired"}, "同意か撤回か"),
        ({"channel": "portal"}, "受けた方法"),
        ({"channel": "import"}, "受けた方法"),
        ({"proof": "  "}, "証跡"),
        ({"proof": "あ" * 201}, "証跡"),
        ({"at": NOW + DAY}, "未来"),
        ({"version": None}, "どの版"),
        ({"at": NOW - 11 * DAY}, "まだありません"),
        ({"valid_until": NOW - 2 * DAY}, "有効期限"),
    ],
)
def test_what_is_missing_is_said(write: Write, said: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        write(CustomerFactory(), **said)
    assert not Consent.objects.exists()


def test_the_wording_of_another_purpose(write: Write) -> None:
    other = wordings.keep_version(purpose=PurposeFactory(needs_consent=True), now=NOW - 5 * DAY)
    with pytest.raises(RecordError, match="この利用目的のもの"):
        write(CustomerFactory(), version=other)


@pytest.mark.parametrize("change", [{"active": False}, {"needs_consent": False}])
def test_a_purpose_that_is_not_asked_for_takes_only_withdrawals(
    write: Write, purpose: Purpose, change: dict[str, bool]
) -> None:
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=purpose, at=NOW - 3 * DAY)
    for name, value in change.items():
        setattr(purpose, name, value)
    purpose.save()
    with pytest.raises(RecordError, match="お願いしていません"):
        write(customer)
    assert write(customer, event="withdrawn").event == "withdrawn"


def test_somebody_who_left_takes_only_withdrawals(write: Write) -> None:
    customer = CustomerFactory(status="withdrawn")
    with pytest.raises(RecordError, match="退会"):
        write(customer)
    assert write(customer, event="withdrawn").event == "withdrawn"


def test_agreed_to_an_older_wording(write: Write, purpose: Purpose) -> None:
    """A paper form of last month: the consent is kept, and does not cover what is asked now."""
    purpose.text_ja, purpose.text_en = "企画と広告", "Campaign and advertising"
    purpose.save()
    wordings.keep_version(purpose=Purpose.objects.get(pk=purpose.pk), now=NOW - 2 * DAY)
    customer = CustomerFactory()
    write(customer, at=NOW - DAY)
    answer = gate.may_use(customer=customer.pk, purpose="campaign", at=NOW)
    assert (answer.allowed, answer.reasons) == (False, ("consent_outdated",))


class TestAgents:
    def test_kept_with_the_consent_and_encrypted(self, write: Write) -> None:
        consent = write(CustomerFactory(), agent=PARENT)
        agent = ConsentAgent.objects.get()
        assert (agent.consent, agent.name, agent.statutory) == (consent, "髙橋 太郎", True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM consent_app_consentagent")
            assert "太郎".encode() not in bytes(cursor.fetchone()[0])

    @pytest.mark.parametrize(
        ("agent", "words"),
        [
            (Agent("aunt", "髙橋", "family_register", date(2026, 4, 1)), "関係"),
            (Agent("parent", " ", "family_register", date(2026, 4, 1)), "氏名"),
            (Agent("parent", "髙橋", "mandate", date(2026, 4, 1)), "書類"),
            (Agent("adult_guardian", "髙橋", "family_register", date(2026, 4, 1)), "書類"),
            (Agent("parent", "髙橋", "family_register", date(2099, 4, 1)), "未来"),
        ],
    )
    def test_checked(self, write: Write, agent: Agent, words: str) -> None:
        with pytest.raises(RecordError, match=words):
            write(CustomerFactory(), agent=agent)
        assert not ConsentAgent.objects.exists()

    def test_the_database_knows_the_papers_too(self, write: Write) -> None:
        consent = write(CustomerFactory())
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentAgent.objects.create(
                consent=consent, relation="parent", name="髙橋", evidence="mandate", checked_on=date(2026, 4, 1)
            )

    @pytest.mark.parametrize("event", ["given", "withdrawn"])
    def test_under_16_only_a_statutory_agent_once_the_rule_is_on(self, write: Write, settings: Any, event: str) -> None:
        young = CustomerFactory(birth_date=timezone.localdate(NOW) - timedelta(days=15 * 366))
        mandated = Agent("mandated", "代理 人子", "mandate", date(2026, 4, 1))
        assert write(young, event=event, agent=None)
        settings.MINOR_RULE_FROM = timezone.localdate(NOW)
        with pytest.raises(RecordError, match="16歳未満"):
            write(young, event=event)
        with pytest.raises(RecordError, match="法定代理人"):
            write(young, event=event, agent=mandated)
        assert write(young, event=event, agent=PARENT)
        assert write(CustomerFactory(), event=event, agent=None)

    def delete_and_commit(self, rows: Any) -> None:
        rows.delete()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_never_changed_and_gone_only_with_the_person(self, write: Write) -> None:
        consent = write(CustomerFactory(), agent=PARENT)
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            ConsentAgent.objects.update(relation="minor_guardian")
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            self.delete_and_commit(ConsentAgent.objects.all())
        self.delete_and_commit(Customer.objects.filter(pk=consent.customer_id))
        assert not ConsentAgent.objects.exists()


@pytest.mark.parametrize(
    "change", [{"shown_ja": "x"}, {"number": 9}, {"since": datetime(2020, 1, 1, tzinfo=NOW.tzinfo)}]
)
def test_what_was_shown_is_not_rewritten(version: PurposeVersion, change: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
        PurposeVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
        PurposeVersion.objects.filter(pk=version.pk).delete()


def test_a_change_is_not_judged_material_afterwards(purpose: Purpose, version: PurposeVersion) -> None:
    purpose.text_ja = "企画、"
    purpose.save()
    second = wordings.keep_version(purpose=Purpose.objects.get(pk=purpose.pk), now=NOW)
    assert (second.number, second.material) == (2, False)
    with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
        PurposeVersion.objects.filter(pk=second.pk).update(material=True)


@pytest.mark.django_db(transaction=True)
def test_two_that_keep_the_first_version_at_once() -> None:
    purpose = PurposeFactory(needs_consent=True)
    rows = run_at_once([lambda: wordings.keep_version(purpose=purpose, now=NOW)] * 2)
    assert rows[0] == rows[1]
    assert PurposeVersion.objects.count() == 1
