"""Lists of persons into the ledgers, and data out of the house."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent_app.domain.formats import FileProblem
from consent_app.models import (
    Customer,
    LedgerReversal,
    Provision,
    ProvisionRun,
    Purpose,
    ReceivedProvision,
    RefusedProvision,
)
from consent_app.services import file_runs, provision_runs, provision_work, suspensions
from privacy_portal.core.models import AuditEntry, EncryptedFile, Job, User
from privacy_portal.core.services import files
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    CustomerIdentityFactory,
    DataItemFactory,
    ProvisionBasisFactory,
    PurposeFactory,
)
from tests.factories.core import StaffFactory
from tests.support.concurrency import run_at_once
from tests.support.files import path_of

pytestmark = pytest.mark.django_db

NAME = "例の百貨店"
COMMON = {
    "party": NAME,
    "address": "京都府京都市例区1-1",
    "items": ["name", "address"],
    "basis": "consent",
    "purpose": "department_store",
}
ALREADY = {**COMMON, "purpose": "", "ground": "none", "date": "2026-07-08"}


@pytest.fixture
def staff() -> User:
    return register()


def register() -> User:
    items = [DataItemFactory(code=code, name_ja=name) for code, name in (("name", "氏名"), ("address", "住所"))]
    PurposeFactory(code="department_store", needs_consent=True, provided_to=NAME, items=items)
    ProvisionBasisFactory(code="consent", article="27(1)")
    return StaffFactory()


def upload(text: str, staff: User, kind: str = "now", common: dict[str, Any] | None = None) -> ProvisionRun:
    content = io.BytesIO(text.encode())
    chosen = common if common is not None else ALREADY if kind == "already" else COMMON
    return provision_runs.upload(content=content, kind=kind, common=chosen, actor=staff)


def tried(text: str, staff: User, kind: str = "now", common: dict[str, Any] | None = None) -> ProvisionRun:
    run = upload(text, staff, kind, common)
    provision_runs.try_out(run=run, now=timezone.now())
    run.refresh_from_db()
    assert run.trial is not None
    assert run.trial.state == Job.State.DONE, run.trial.error
    return run


def recorded(text: str, staff: User, kind: str = "now", common: dict[str, Any] | None = None) -> ProvisionRun:
    run = tried(text, staff, kind, common)
    file_runs.start(run=run, actor=staff)
    provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())
    run = ProvisionRun.objects.select_related("job", "output", "report", "upload").get(pk=run.pk)
    assert run.job is not None
    assert run.job.state == Job.State.DONE, run.job.error
    return run


def consenting(**values: Any) -> Customer:
    customer = CustomerFactory(**values)
    ConsentFactory(customer=customer, purpose=Purpose.objects.get(code="department_store"))
    return customer


def list_of(*customers: Customer) -> str:
    return "\n".join(["顧客番号", *(str(one.pk) for one in customers)])


def content(file: EncryptedFile | None) -> list[list[str]]:
    assert file is not None
    text = b"".join(files.open_stream(file)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def counts(run: ProvisionRun) -> dict[str, int]:
    return {name: count for name, count in run.counts.items() if count}


def test_a_trial_tells_what_would_happen_and_changes_nothing(staff: User) -> None:
    run = tried(list_of(consenting(), CustomerFactory()) + "\nnobody", staff)
    assert run.trial is not None
    assert {name: count for name, count in run.trial.result.items() if count} == {
        "recorded": 1,
        "refused": 1,
        "rejected": 1,
    }
    assert {(one.line, one.column, one.code) for one in run.trial.problems.all()} == {
        (3, "", "consent_missing"),
        (4, "顧客番号", "customer_unknown"),
    }
    assert (run.records, run.can_start) == (3, True)
    assert not Provision.objects.exists()
    assert not RefusedProvision.objects.exists()


def test_good_rows_in_refused_ones_as_attempts_bad_ones_listed(staff: User) -> None:
    yes, no = consenting(), CustomerFactory()
    run = recorded(list_of(yes, no) + "\nnobody", staff)
    assert counts(run) == {"recorded": 1, "refused": 1, "rejected": 1}
    assert Provision.objects.get().customer == yes
    assert RefusedProvision.objects.get().customer == no
    assert Provision.objects.get().run == RefusedProvision.objects.get().run == run
    lines = content(run.report)
    assert [(row[0], row[2], row[3]) for row in lines[1:]] == [
        ("4", "nobody", "記録していません"),
        ("3", str(no.pk), "記録していません"),
    ]
    assert run.upload is not None
    assert run.upload.erased_at
    entry = AuditEntry.objects.get(action="provisions.recorded")
    assert entry.detail == {"kind": "now", "recorded": 1, "flagged": 0, "refused": 1, "unchanged": 0, "rejected": 1}


def test_a_file_says_everything_row_by_row(staff: User) -> None:
    person = CustomerFactory()
    CustomerIdentityFactory(customer=person, source="eccube", external_id="12")
    ProvisionBasisFactory(code="law", article="27(1)i")
    text = (
        "顧客番号,提供先,提供先の住所,提供先の代表者,データ項目,根拠,証拠,提供日\n"
        "eccube:12,例県警察,例県例市1,本部長,氏名,law,照会書 7-12,2026-07-08\n"
        "12,例税務署,例県例市2,署長,氏名 住所,law,照会書 88,2026-07-09\n"
    )
    recorded(text, staff, "already", {})
    rows = Provision.objects.order_by("provided_on")
    assert [(row.recipient_name, row.items, row.ground, row.evidence, row.concerns) for row in rows] == [
        ("例県警察", ["name"], "27(1)i", "照会書 7-12", []),
        ("例税務署", ["name", "address"], "27(1)i", "照会書 88", []),
    ]
    assert all(row.historic and row.customer == person for row in rows)


def test_the_second_import_changes_nothing(staff: User) -> None:
    text = list_of(*CustomerFactory.create_batch(3))
    assert counts(recorded(text, staff, "already")) == {"recorded": 3, "flagged": 3}
    assert counts(recorded(text, staff, "already")) == {"unchanged": 3}
    assert Provision.objects.count() == 3


def test_a_number_of_two_sources_has_to_say_which(staff: User) -> None:
    for source in ("eccube", "shopify"):
        CustomerIdentityFactory(customer=CustomerFactory(), source=source, external_id="12")
    run = recorded("顧客番号\n12\neccube:12\nbase:12", staff, "already")
    assert counts(run) == {"recorded": 1, "flagged": 1, "rejected": 2}
    assert Provision.objects.get().customer.identities.get().source == "eccube"
    assert run.job is not None
    codes = [one.code for one in run.job.problems.order_by("line") if one.column]
    assert codes == ["customer_ambiguous", "customer_unknown"]


@pytest.mark.parametrize(
    ("common", "code"),
    [
        ({"basis": "statistics"}, "basis_nothing_personal"),
        ({"ground": "27(1)i"}, "ground_not_of_basis"),
        ({"date": "2026-01-01"}, "date_not_today"),
        ({"purpose": ""}, "evidence_missing"),
    ],
)
def test_what_nobody_can_record_is_rejected_row_by_row(common: dict[str, Any], code: str, staff: User) -> None:
    ProvisionBasisFactory(code="statistics", article="2(1)")
    run = tried(list_of(consenting()), staff, common={**COMMON, **common})
    assert run.trial is not None
    assert [one.code for one in run.trial.problems.all()] == [code]


def test_receipts(staff: User) -> None:
    people = CustomerFactory.create_batch(2)
    common = {
        "party": "例の協会",
        "address": "東京都千代田区例町9",
        "items": ["name"],
        "kind": "consent",
        "how_acquired": "本人から",
        "confirmed_how": "覚書",
        "confirmable": True,
    }
    assert counts(recorded(list_of(*people), staff, "received", common)) == {"recorded": 2}
    assert {row.customer for row in ReceivedProvision.objects.all()} == set(people)
    refused = tried(list_of(*people), staff, "received", {**common, "confirmable": False})
    assert refused.trial is not None
    assert [one.code for one in refused.trial.problems.all()] == ["not_confirmed"] * 2


def test_a_worker_that_is_lost_leaves_whole_chunks_and_another_goes_on(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision_work, "CHUNK", 2)
    run = tried(list_of(*CustomerFactory.create_batch(5)), staff, "already")
    file_runs.start(run=run, actor=staff)
    calls = []
    original = provision_work._apply

    def lost(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    monkeypatch.setattr(provision_work, "_apply", lost)
    with pytest.raises(KeyboardInterrupt):
        provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())
    assert Provision.objects.count() == 2
    provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())
    assert Provision.objects.count() == 5
    assert counts(ProvisionRun.objects.get(pk=run.pk)) == {"recorded": 5, "flagged": 5}
    assert not provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())
    assert Provision.objects.count() == 5


def test_started_once(staff: User) -> None:
    run = upload(list_of(consenting()), staff)
    with pytest.raises(file_runs.NotReady):
        file_runs.start(run=run, actor=staff)
    provision_runs.try_out(run=run, now=timezone.now())
    file_runs.start(run=run, actor=staff)
    for again in (file_runs.start, file_runs.give_up):
        with pytest.raises(file_runs.NotReady):
            again(run=run, actor=staff)


def test_what_is_no_list_is_not_kept(staff: User) -> None:
    with pytest.raises(FileProblem):
        upload("相手\n例の店", staff)
    assert not ProvisionRun.objects.exists()
    assert EncryptedFile.objects.get().erased_at


def test_lists_that_nobody_started_are_given_up(staff: User) -> None:
    run = upload(list_of(consenting()), staff)
    assert file_runs.give_up_old(ProvisionRun, now=timezone.now() + timedelta(days=6)) == 0
    assert file_runs.give_up_old(ProvisionRun, now=timezone.now() + timedelta(days=8)) == 1
    run.refresh_from_db()
    assert run.given_up_at
    assert EncryptedFile.objects.get().erased_at


def test_work_that_nobody_took_up_is_announced_again(staff: User) -> None:
    upload(list_of(consenting()), staff)
    assert file_runs.renudge(ProvisionRun, now=timezone.now()) == 0
    assert file_runs.renudge(ProvisionRun, now=timezone.now() + timedelta(minutes=2)) == 1


def test_pasted_numbers_become_a_list() -> None:
    assert provision_runs.list_of(" １２, 13\n\neccube:4、=5 ").decode().split() == [
        "顧客番号",
        "12",
        "13",
        "eccube:4",
        "=5",
    ]


class TestGivingOut:
    def test_only_those_who_may_be_given_and_only_the_items(self, staff: User) -> None:
        yes, no = consenting(given_name='=HYPERLINK("http://x.example")'), CustomerFactory()
        run = recorded(list_of(yes, no), staff, "export")
        file = provision_runs.take(run=run, actor=staff, now=timezone.now())
        heading, *rows = content(file)
        assert heading == ["番号", "姓", "名", "郵便番号", "都道府県", "住所1", "住所2"]
        assert rows == [
            [
                str(yes.pk),
                "髙橋",
                '\'=HYPERLINK("http://x.example")',
                "1000001",
                "東京都",
                "千代田区例町4-5-6",
                "例マンション101",
            ]
        ]
        assert Provision.objects.get().customer == yes
        assert RefusedProvision.objects.get().customer == no
        assert b"\xe9\xab\x99" not in path_of(file).read_bytes()
        entry = AuditEntry.objects.get(action="provisions.file_taken")
        assert (entry.object_id, entry.detail) == (str(run.pk), {"people": 1})

    def test_nobody_may_be_given_no_file(self, staff: User) -> None:
        run = recorded(list_of(CustomerFactory()), staff, "export")
        assert run.output is None
        with pytest.raises(file_runs.NotReady):
            provision_runs.take(run=run, actor=staff, now=timezone.now())

    def test_what_is_no_registered_data_cannot_be_exported(self, staff: User) -> None:
        Purpose.objects.get().items.add(DataItemFactory(code="order"))
        run = tried(list_of(consenting()), staff, "export", {**COMMON, "items": ["name", "order"]})
        assert run.trial is not None
        assert [one.code for one in run.trial.problems.all()] == ["items_not_covered"]

    def test_each_file_is_a_provision_of_its_own(self, staff: User) -> None:
        person = consenting()
        for _time in range(2):
            recorded(list_of(person), staff, "export")
        assert Provision.objects.count() == 2

    def test_if_it_breaks_neither_file_nor_record_remains(self, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provision_work, "CHUNK", 1)
        run = tried(list_of(consenting(), consenting()), staff, "export")
        file_runs.start(run=run, actor=staff)
        original = provision_work._Output.write

        def full(self: Any, customers: Any) -> None:
            if self._writer is not None:
                raise OSError("no space left")
            original(self, customers)

        monkeypatch.setattr(provision_work._Output, "write", full)
        with pytest.raises(OSError, match="no space"):
            provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())
        run = ProvisionRun.objects.select_related("job").get(pk=run.pk)
        assert run.output is None
        assert run.job is not None
        assert (run.job.state, run.job.error) == (Job.State.FAILED, "OSError")
        assert not Provision.objects.exists()

    @pytest.mark.parametrize("before", ["never", "taken"])
    def test_whoever_withdraws_stops_the_file(self, before: str, staff: User) -> None:
        stays, goes = consenting(), consenting()
        run = recorded(list_of(stays, goes), staff, "export")
        if before == "taken":
            provision_runs.take(run=run, actor=staff, now=timezone.now())
        ConsentFactory(customer=goes, purpose=Purpose.objects.get(), event="withdrawn", at=timezone.now())
        with pytest.raises(provision_runs.Stopped) as caught:
            provision_runs.take(run=run, actor=staff, now=timezone.now())
        assert caught.value.people == 1
        # What never left was not given; what left, was.
        assert LedgerReversal.objects.count() == (2 if before == "never" else 0)
        assert EncryptedFile.objects.get(pk=run.output_id).erased_at
        with pytest.raises(file_runs.NotReady):
            provision_runs.take(run=run, actor=staff, now=timezone.now())

    def test_a_stop_of_provision_stops_the_file(self, staff: User) -> None:
        person = consenting()
        run = recorded(list_of(person), staff, "export")
        suspensions.suspend(customer=person, kind="provision", actor=staff, ground="35(3)", now=timezone.now())
        with pytest.raises(provision_runs.Stopped):
            provision_runs.take(run=run, actor=staff, now=timezone.now())

    @pytest.mark.parametrize("taken", [True, False])
    def test_files_go_after_a_week_and_with_those_never_taken_their_records(self, taken: bool, staff: User) -> None:
        run = recorded(list_of(consenting()), staff, "export")
        if taken:
            provision_runs.take(run=run, actor=staff, now=timezone.now())
        assert provision_runs.purge_files(now=timezone.now() + timedelta(days=6)) == 0
        assert provision_runs.purge_files(now=timezone.now() + timedelta(days=8)) == 1
        assert provision_runs.purge_files(now=timezone.now() + timedelta(days=8)) == 0
        assert EncryptedFile.objects.get(pk=run.output_id).erased_at
        assert LedgerReversal.objects.exists() is not taken


@pytest.mark.django_db(transaction=True)
def test_a_list_that_another_worker_ends_meanwhile_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has erased the upload by the time at which this one wants to read on."""
    staff = register()
    run = tried(list_of(CustomerFactory()), staff, "already")
    file_runs.start(run=run, actor=staff)
    late = ProvisionRun.objects.get(pk=run.pk)
    read = provision_work.count_rows

    def overtaken(*args: Any, **kwargs: Any) -> int:
        monkeypatch.undo()
        provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())
        return read(*args, **kwargs)

    monkeypatch.setattr(provision_work, "count_rows", overtaken)
    provision_runs.run(run=late, now=timezone.now())
    assert late.job is not None
    late.job.refresh_from_db()
    assert (late.job.state, late.job.error) == (Job.State.DONE, "")
    assert Provision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_workers_record_a_list_once(self) -> None:
        staff = register()
        run = tried(list_of(*CustomerFactory.create_batch(6)), staff, "already")
        file_runs.start(run=run, actor=staff)

        def work() -> None:
            provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())

        run_at_once([work, work])
        assert Provision.objects.count() == 6
        assert counts(ProvisionRun.objects.get(pk=run.pk)) == {"recorded": 6, "flagged": 6}

    def test_withdrawals_while_a_list_is_recorded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever the order, nobody who had withdrawn before their row was recorded has a provision."""
        monkeypatch.setattr(provision_work, "CHUNK", 5)
        staff = register()
        purpose = Purpose.objects.get()
        people = [consenting() for _ in range(30)]
        run = tried(list_of(*people), staff)
        file_runs.start(run=run, actor=staff)

        def withdraw() -> None:
            from django.db import transaction

            for person in reversed(people):
                with transaction.atomic():
                    Customer.objects.select_for_update().get(pk=person.pk)
                    ConsentFactory(customer=person, purpose=purpose, event="withdrawn", at=timezone.now())

        def work() -> None:
            provision_runs.run(run=ProvisionRun.objects.get(pk=run.pk), now=timezone.now())

        run_at_once([work, withdraw])
        result = ProvisionRun.objects.get(pk=run.pk)
        assert Provision.objects.count() + RefusedProvision.objects.count() == 30
        assert counts(result).get("recorded", 0) == Provision.objects.count()
        for row in Provision.objects.select_related("consent"):
            withdrawn = row.customer.consents.get(event="withdrawn")
            # The transaction that recorded it began before the withdrawal's.
            assert row.created_at <= withdrawn.at
