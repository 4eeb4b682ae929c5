"""The pages for recording provisions and receipts, by hand, by list, and for making a file."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.models import Customer, Provision, ProvisionRun, Purpose, ReceivedProvision, RefusedProvision
from consent_app.services import provision_runs
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    DataItemFactory,
    ProvisionBasisFactory,
    PurposeFactory,
)
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db

ADD = reverse("admin:consent_app_provisionrun_add")
LIST = reverse("admin:consent_app_provisionrun_changelist")
NAME = "例の百貨店"
FORM = {
    "party": NAME,
    "address": "京都府京都市例区1-1",
    "country": "JP",
    "items": ["name"],
    "basis": "consent",
    "ground": "",
    "purpose": "store",
    "_save": "1",
}


@pytest.fixture(autouse=True)
def _register() -> None:
    items = [DataItemFactory(code=code) for code in ("name", "address", "order", "recipient")]
    PurposeFactory(code="store", needs_consent=True, provided_to=NAME, items=items[:3])
    ProvisionBasisFactory(code="consent", article="27(1)")
    ProvisionBasisFactory(
        code="protection", article="", statutory=False, requires=["27(1)", "27(1)ii"], text_ja="権利を守るため"
    )
    ProvisionBasisFactory(code="statistics", article="2(1)", text_ja="統計として")


def consenting() -> Customer:
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=Purpose.objects.get())
    return customer


def page(run: ProvisionRun, name: str = "change") -> str:
    return reverse(f"admin:consent_app_provisionrun_{name}", args=[run.pk])


def send(client: Client, kind: str = "now", /, **values: Any) -> Any:
    return client.post(f"{ADD}?kind={kind}", {**FORM, **values}, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_from_choosing_to_the_record(manager_client: Client) -> None:
    yes, no = consenting(), CustomerFactory()
    response = send(manager_client, references=f"{yes.pk}\n{no.pk}")
    run = ProvisionRun.objects.get()
    assert response.redirect_chain == [(page(run), 302)]
    assert "ご本人の同意がありません" in text(response)
    assert not Provision.objects.exists()
    assert "チェックを入れてください" in text(manager_client.post(page(run, "start"), follow=True))
    done = manager_client.post(page(run, "start"), {"confirmed": "1"}, follow=True)
    assert "完了" in text(done)
    assert "ここにある人には渡さないでください。" in text(done)
    assert Provision.objects.get().customer == yes
    assert RefusedProvision.objects.get().customer == no
    report = manager_client.get(page(run, "report"))
    assert b"".join(report.streaming_content).startswith(b"\xef\xbb\xbf")  # type: ignore[arg-type]
    assert AuditEntry.objects.filter(action="provisions.reported").count() == 1
    again = manager_client.post(page(run, "start"), {"confirmed": "1"}, follow=True)
    assert "もう始まっている" in text(again)
    assert Provision.objects.count() == 1


def test_people_are_found_masked_and_kept_when_searching_again(manager_client: Client) -> None:
    person = CustomerFactory()
    other = CustomerFactory(family_name="別")
    found = send(manager_client, find="", words="高橋花子", references="12", party="例の店", items=["name", "address"])
    html = text(found)
    assert "髙●●●" in html
    assert "花子" not in html.replace("高橋花子", "")
    assert str(person.pk) in html
    assert str(other.pk) not in html
    assert AuditEntry.objects.get(action="provisions.people_found").detail == {"found": 1}
    initial = found.context["adminform"].form.initial
    assert (initial["references"], initial["party"], initial["items"]) == ("12", "例の店", ["name", "address"])
    again = send(manager_client, find="", words="だれも", references="12", chosen=[str(person.pk)])
    assert "見つかりませんでした。" in text(again)
    assert again.context["adminform"].form.initial["references"] == f"12\n{person.pk}"
    assert not ProvisionRun.objects.exists()


def test_those_who_are_ticked_are_recorded(manager_client: Client) -> None:
    person = consenting()
    send(manager_client, references="", chosen=[str(person.pk)])
    run = ProvisionRun.objects.get()
    manager_client.post(page(run, "start"), {"confirmed": "1"})
    assert Provision.objects.get().customer == person


def test_a_file_may_say_everything(manager_client: Client) -> None:
    person = CustomerFactory()
    content = (
        "customer,party,address,items,basis,ground,evidence,date\n"
        f"{person.pk},例の店,京都市,name,protection,27(1)ii,救急の記録 3,2026-07-08\n"
        f"{person.pk},例の店,京都市,name,protection,,救急の記録 3,2026-07-08\n"
    )
    file = SimpleUploadedFile("list.csv", content.encode())
    response = manager_client.post(f"{ADD}?kind=already", {"file": file, "method": "each", "_save": "1"}, follow=True)
    run = ProvisionRun.objects.get()
    assert "条文がありません" in text(response)
    manager_client.post(page(run, "start"), {"confirmed": "1"})
    row = Provision.objects.get()
    assert (row.recipient_name, row.ground, row.evidence, row.concerns) == ("例の店", "27(1)ii", "救急の記録 3", [])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"references": ""}, "だれの記録かを"),
        ({"party": ""}, "相手の名称を入れてください。"),
        ({"address": ""}, "相手の住所を入れてください"),
        ({"items": []}, "データ項目を選んでください。"),
        ({"basis": "protection"}, "それだけでは法律の例外になりません。根拠になる条文を選んでください。"),
        ({"basis": "protection", "ground": "27(1)i"}, "その条文は、この場合の根拠になりません。"),
        ({"basis": "protection", "ground": "27(1)ii"}, "根拠の証拠（書面の日付や番号など）を書いてください。"),
        ({"purpose": ""}, "根拠の証拠（書面の日付や番号など）を書いてください。"),
        ({"despite_stop": "on"}, "停止に優先できるのは"),
        ({"country": "日本"}, "国は、JPのような2文字で書いてください。"),
        ({"basis": "statistics"}, "statistics"),
        ({"items": ["recipient"]}, "recipient"),
    ],
    ids=str,
)
def test_what_is_missing_is_told_beside_the_field(values: dict[str, Any], words: str, manager_client: Client) -> None:
    response = send(manager_client, **{"references": str(consenting().pk), **values})
    assert words in text(response)
    assert not ProvisionRun.objects.exists()


def test_a_case_that_is_no_exception_warns_in_the_choice(manager_client: Client) -> None:
    html = text(manager_client.get(ADD))
    assert "⚠ 権利を守るため（それだけでは法律の例外になりません。" in html
    assert "統計として" not in html


def test_receipts_need_the_confirmation(manager_client: Client) -> None:
    person = CustomerFactory()
    values = {
        "references": str(person.pk),
        "receipt_kind": "consent",
        "how_acquired": "会員の申込みのとき、本人から",
        "confirmed_how": "覚書",
        "method": "each",
    }
    refused = send(manager_client, "received", **values)
    assert "確かめられないデータは受け取れないため" in text(refused)
    sent = send(manager_client, "received", **values, confirmable="on")
    assert sent.redirect_chain, sent.context["adminform"].form.errors
    run = ProvisionRun.objects.get()
    manager_client.post(page(run, "start"), {"confirmed": "1"})
    assert ReceivedProvision.objects.get().provider_name == NAME


def test_a_file_for_the_recipient(manager_client: Client) -> None:
    person = consenting()
    send(manager_client, "export", references=str(person.pk))
    run = ProvisionRun.objects.get()
    html = text(manager_client.post(page(run, "start"), {"confirmed": "1"}, follow=True))
    assert "ファイルを受け取る" in html
    response = manager_client.post(page(run, "take"))
    assert "no-store" in response["Cache-Control"]
    assert "花子" in b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    ConsentFactory(customer=person, purpose=Purpose.objects.get(), event="withdrawn", at=timezone.now())
    stopped = manager_client.post(page(run, "take"), follow=True)
    assert "ファイルは消去しました。" in text(stopped)
    assert manager_client.post(page(run, "take")).status_code == 404


class TestPermissions:
    def test_looking_is_not_recording(self, staff_client: Callable[..., Client]) -> None:
        run = self.run("now")
        client = staff_client("view_provisionrun")
        assert client.get(LIST).status_code == 200
        html = text(client.get(page(run)))
        assert page(run, "start") not in html
        assert client.get(ADD).status_code == 403
        for name in ("start", "give-up", "take"):
            assert client.post(page(run, name), {"confirmed": "1"}).status_code == 403
        assert client.get(page(run, "report")).status_code == 403
        assert AuditEntry.objects.filter(action="provisions.denied").count() == 4
        assert not Provision.objects.exists()

    def test_recording_is_not_giving_out(self, staff_client: Callable[..., Client]) -> None:
        run = self.run("export")
        client = staff_client("view_provisionrun", "add_provisionrun")
        assert client.get(f"{ADD}?kind=now").status_code == 200
        assert client.get(f"{ADD}?kind=export").status_code == 403
        assert client.post(page(run, "start"), {"confirmed": "1"}).status_code == 403

    def test_nothing_without_any(self, staff_client: Callable[..., Client]) -> None:
        run = self.run("now")
        client = staff_client("view_customer")
        assert [client.get(address).status_code for address in (LIST, ADD, page(run))] == [403, 403, 403]

    def run(self, kind: str) -> ProvisionRun:
        import io

        content = io.BytesIO(provision_runs.list_of(str(consenting().pk)))
        common = {name: FORM[name] for name in ("party", "address", "items", "basis", "purpose")}
        run = provision_runs.upload(content=content, kind=kind, common=common, actor=StaffFactory())
        provision_runs.try_out(run=run, now=timezone.now())
        return ProvisionRun.objects.get(pk=run.pk)


def test_given_up_the_list_is_erased(manager_client: Client) -> None:
    send(manager_client, references=str(consenting().pk))
    run = ProvisionRun.objects.get()
    assert "取りやめました" in text(manager_client.post(page(run, "give-up"), follow=True))
    run.refresh_from_db()
    assert run.upload is not None
    assert run.upload.erased_at


def test_number_of_queries_does_not_grow(
    manager_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    TestPermissions().run("now")
    manager_client.get(LIST)
    with django_assert_num_queries(5):
        manager_client.get(LIST)
    for _time in range(24):
        TestPermissions().run("now")
    with django_assert_num_queries(5):
        assert manager_client.get(LIST).context["cl"].result_count == 25
