"""Incidents in the admin: recorded, judged, reported, and the people affected told."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import AffectedPerson, Broadcast, Incident, IncidentNotice
from consent_app.services import broadcasts, incidents
from privacy_portal.core.models import AuditEntry, OutgoingMail
from tests.factories.consent import CustomerFactory, DataItemFactory, OperatorFactory, RecipientFactory
from tests.factories.security import ITEMS, NOTHING, affected, incident, notice, reportable, today

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any, model: str = "incident") -> str:
    return reverse(f"admin:consent_app_{model}_{page}", args=args)


def messages_of(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def fields(row: Incident | None = None, **changes: Any) -> dict[str, Any]:
    moment = timezone.localtime(row.known_at if row else timezone.now() - datetime.timedelta(minutes=1))
    values = {
        "title": row.title if row else "委託先の誤送信",
        "kind": "leak",
        "known_at_0": moment.date().isoformat(),
        "known_at_1": moment.time().isoformat(timespec="seconds"),
        "role": "own",
        "entruster": "",
        "sensitive": "unknown",
        "property_damage": "unknown",
        "wrongful_purpose": "unknown",
        "encrypted": "unknown",
        "reportable_reason": "",
        "substitute": "",
        **{name: getattr(row, name) if row else "" for name in ITEMS},
        "seen_revision": row.revision if row else "",
    }
    return {**values, **changes}


def seen_in(page: str) -> str:
    """What the button that adds the persons says yes to."""
    found = re.search(r'name="counted" value="([^"]+)"', page)
    assert found
    return found[1]


def test_from_first_knowledge_to_the_end(manager_client: Client) -> None:
    OperatorFactory()
    customer = CustomerFactory(email="hit@post.example")
    response = manager_client.post(url("add"), fields())
    row = Incident.objects.get()
    assert response.url == url("change", row.pk)
    page = manager_client.get(url("change", row.pk)).content.decode()
    assert "まだ決まらない" in page
    assert "本人の数は最大で何人か" in page
    assert "速報の期限（5日目）" in page

    manager_client.post(
        url("change", row.pk),
        fields(row, **{**NOTHING, "wrongful_purpose": "suspected", "persons_at_most": 1, **ITEMS}),
    )
    row.refresh_from_db()
    assert row.reportability == "reportable"
    page = manager_client.get(url("change", row.pk)).content.decode()
    assert "不正の目的で行われたおそれがある" in page
    assert "確報の期限（60日目）" in page

    early = {"kind": "final", "sent_on": today().isoformat()}
    assert "確報の前に速報" in manager_client.post(url("report", row.pk), early).content.decode()
    manager_client.post(url("report", row.pk), {**early, "kind": "complete", "reference": "PPC-1"})
    row.refresh_from_db()
    assert row.final_done_on == today()
    sent = row.reports.get()
    sheet = manager_client.get(url("sheet", row.pk), {"report": sent.pk}).content.decode()
    assert "PPC-1" in sheet
    assert "規則第8条第1項第9号" in sheet
    english = manager_client.get(url("sheet", row.pk), headers={"accept-language": "en"}).content.decode()
    assert "Rule 8(1), item 9" in english
    assert manager_client.get(url("sheet", row.pk), {"report": sent.pk + 1}).status_code == 404

    choose = {"numbers": str(customer.pk)}
    counted = manager_client.post(url("choose", row.pk), choose).content.decode()
    assert "この1人を加える" in counted
    assert not AffectedPerson.objects.exists()
    seen = {"counted": seen_in(counted)}
    other = manager_client.post(url("choose", row.pk), {"everybody": "on", **seen}).content.decode()
    assert "この1人を加える" in other, "as many, but others: counted again"
    assert not AffectedPerson.objects.exists()
    manager_client.post(url("choose", row.pk), {**choose, **seen})
    assert AffectedPerson.objects.get().customer == customer

    texts = {
        f"{n}_{lang}": f"{n} {lang}"
        for n in ("overview", "data_involved", "cause", "damage", "other")
        for lang in ("ja", "en")
    }
    form = manager_client.get(url("add", model="incidentnotice"), {"incident": row.pk}).content.decode()
    assert "overview がここにあります。" in form
    manager_client.post(url("add", model="incidentnotice"), {"incident": row.pk, "audience": "untold", **texts})
    draft = IncidentNotice.objects.get()
    page = manager_client.get(url("change", draft.pk, model="incidentnotice")).content.decode()
    assert "Something has happened to personal data" in page
    send = url("send", draft.pk, model="incidentnotice")
    assert "1人に、同じ内容のメール" in manager_client.get(send).content.decode()
    unchecked = manager_client.post(send, {"seen": 1}, follow=True)
    assert "チェックを入れて" in messages_of(unchecked)
    stale = manager_client.post(send, {"seen": 9, "confirmed": 1}, follow=True)
    assert "ほかの人が先に" in messages_of(stale)
    assert not Broadcast.objects.exists()
    manager_client.post(send, {"seen": 1, "confirmed": 1})
    assert manager_client.get(url("change", draft.pk, model="incidentnotice"))["Refresh"]
    broadcasts.run(broadcast_id=Broadcast.objects.get().pk)
    assert OutgoingMail.objects.get(template="incident_notice").recipient == "hit@post.example"
    page = manager_client.get(url("change", draft.pk, model="incidentnotice")).content.decode()
    assert "1通のメールを用意し終えました" in page
    assert 'name="overview_ja"' not in page

    page = manager_client.get(url("change", row.pk)).content.decode()
    assert "残っていることはありません" in page
    manager_client.post(url("close", row.pk))
    row.refresh_from_db()
    assert row.closed_on == today()
    assert manager_client.post(url("change", row.pk), fields(row)).status_code == 403
    manager_client.post(url("reopen", row.pk))
    row.refresh_from_db()
    assert row.closed_on is None


def test_what_cannot_be_is_refused(manager_client: Client) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    page = manager_client.post(url("add"), fields(known_at_0=tomorrow.isoformat())).content.decode()
    assert "知った日時が未来です" in page
    secret = DataItemFactory(code="health", sensitive=True)
    page = manager_client.post(url("add"), fields(items=[secret.pk], sensitive="no")).content.decode()
    assert "要配慮個人情報があります" in page
    page = manager_client.post(url("add"), fields(role="entrusted")).content.decode()
    assert "委託元を入れてください" in page
    page = manager_client.post(url("add"), fields(substitute_on=today().isoformat())).content.decode()
    assert "その内容も書いてください" in page
    assert not Incident.objects.exists()


def test_two_people_at_one_incident(manager_client: Client) -> None:
    row = reportable()
    manager_client.post(url("change", row.pk), fields(row, cause="一人目の原因"))
    response = manager_client.post(url("change", row.pk), fields(row, cause="二人目の原因"))
    assert "ほかの人が先に保存しました" in response.content.decode()
    row.refresh_from_db()
    assert row.cause == "一人目の原因"


def test_a_report_recorded_meanwhile_is_not_lost(manager_client: Client) -> None:
    row = reportable()
    old = fields(row, title="前から開いていた")
    manager_client.post(url("report", row.pk), {"kind": "preliminary", "sent_on": today().isoformat()})
    response = manager_client.post(url("change", row.pk), old)
    assert "ほかの人が先に保存しました" in response.content.decode()
    row.refresh_from_db()
    manager_client.post(url("change", row.pk), fields(row, title="あとで保存"))
    row.refresh_from_db()
    assert (row.title, row.preliminary_done_on) == ("あとで保存", today())


def test_persons_are_masked_and_every_look_is_recorded(manager_client: Client) -> None:
    row = reportable()
    customer = CustomerFactory()
    affected(row, customer)
    selection = row.selections.get()
    AffectedPerson.objects.create(incident=row, selection=selection, recipient=RecipientFactory())
    page = manager_client.get(url("persons", row.pk)).content.decode()
    for secret in (customer.given_name, customer.email, customer.telephone, "先夫"):
        assert secret not in page
    assert "（贈り先）" in page
    assert AuditEntry.objects.get(action="incident.persons_viewed").detail == {"persons": 2}
    assert manager_client.get(url("persons", row.pk), {"show": "otherwise"}).content.decode().count("番号") > 0
    assert manager_client.get(url("persons", row.pk), {"show": "nonsense", "p": "x"}).status_code == 200


def test_telling_by_letter_and_removing(manager_client: Client) -> None:
    row = reportable()
    told, wrong = affected(row, CustomerFactory(email=""), CustomerFactory())
    persons = url("persons", row.pk)
    empty = manager_client.post(persons, {"told": 1, "way": "letter", "told_on": today().isoformat()}, follow=True)
    assert "一覧から人を選んで" in messages_of(empty)
    bad = manager_client.post(persons, {"told": 1, "way": "mail", "persons": told.pk}, follow=True)
    assert "知らせた方法と日を" in messages_of(bad)
    csv = manager_client.post(url("addresses", row.pk))
    assert csv["Content-Disposition"].startswith("attachment")
    assert "髙橋" in csv.content.decode()
    letter = {"told": 1, "way": "letter", "told_on": today().isoformat(), "everybody": 1}
    manager_client.post(f"{persons}?show=otherwise", letter)
    told.refresh_from_db()
    assert told.way == "letter"
    refused = manager_client.post(persons, {"remove": 1, "persons": [told.pk, wrong.pk]}, follow=True)
    assert "もう知らせた人" in messages_of(refused)
    manager_client.post(persons, {"remove": 1, "persons": wrong.pk})
    assert list(AffectedPerson.objects.all()) == [told]


def test_numbers_from_a_file(manager_client: Client) -> None:
    row, customer = reportable(), CustomerFactory()
    file = SimpleUploadedFile("members.csv", f"番号\n{customer.pk}\n999\n".encode("cp932"))
    page = manager_client.post(url("choose", row.pk), {"file": file}).content.decode()
    assert "この1人を加える" in page
    assert "999" in page
    assert str(customer.pk) in page, "the numbers of the file go on as text"
    bad = SimpleUploadedFile("members.csv", b"\xff\xfe\x81")
    assert "文字コードを読めません" in manager_client.post(url("choose", row.pk), {"file": bad}).content.decode()
    endless = SimpleUploadedFile("members.csv", b'"' + b"1" * 200_000)
    assert "CSVとして読めません" in manager_client.post(url("choose", row.pk), {"file": endless}).content.decode()
    assert "条件を1つ以上" in manager_client.post(url("choose", row.pk), {}).content.decode()
    backwards = {"bought_from": "2026-05-02", "bought_until": "2026-05-01"}
    assert "「から」の日より前" in manager_client.post(url("choose", row.pk), backwards).content.decode()


def test_each_step_has_its_permission(staff_client: Callable[..., Client]) -> None:
    row = reportable()
    affected(row, CustomerFactory())
    draft = notice(row)
    client = staff_client("view_incident", "view_incidentnotice")
    assert client.get(url("change", row.pk)).status_code == 200
    assert client.get(url("sheet", row.pk)).status_code == 200
    assert client.get(url("persons", row.pk)).status_code == 200
    assert client.get(url("change", draft.pk, model="incidentnotice")).status_code == 200
    for page in ("report", "choose"):
        assert client.get(url(page, row.pk)).status_code == 403
    for page in ("addresses", "close", "reopen"):
        assert client.post(url(page, row.pk)).status_code == 403
    assert client.post(url("persons", row.pk), {"remove": 1, "persons": 1}).status_code == 403
    assert client.post(url("persons", row.pk), {"told": 1, "persons": 1}).status_code == 403
    for page in ("pause", "resume", "discard"):
        assert client.post(url(page, draft.pk, model="incidentnotice")).status_code == 403
    assert client.get(url("send", draft.pk, model="incidentnotice")).status_code == 403
    assert AuditEntry.objects.filter(action="register.denied").count() >= 10
    stranger = staff_client("view_customer")
    for page in ("change", "sheet", "persons"):
        assert stranger.get(url(page, row.pk)).status_code == 403
    writer = staff_client("view_incidentnotice", "add_incidentnotice", "change_incidentnotice")
    assert writer.get(url("add", model="incidentnotice")).status_code == 403


def test_drafts_can_be_discarded_and_notices_paused(manager_client: Client) -> None:
    row = reportable()
    affected(row, CustomerFactory())
    manager_client.post(url("discard", notice(row).pk, model="incidentnotice"))
    assert not IncidentNotice.objects.exists()
    draft = notice(row)
    assert manager_client.post(url("pause", draft.pk, model="incidentnotice")).status_code == 404
    manager_client.post(url("send", draft.pk, model="incidentnotice"), {"seen": 1, "confirmed": 1})
    manager_client.post(url("pause", draft.pk, model="incidentnotice"))
    assert Broadcast.objects.get().paused_at is not None
    assert "一時停止中" in manager_client.get(url("change", row.pk)).content.decode()
    manager_client.post(url("resume", draft.pk, model="incidentnotice"))
    assert Broadcast.objects.get().paused_at is None


@pytest.mark.parametrize(("page", "limit"), [("changelist", 30), ("persons", 40)])
def test_lists_cost_the_same_at_one_and_at_thirty_rows(
    page: str, limit: int, manager_client: Client, django_assert_max_num_queries: Any
) -> None:
    row = reportable()
    affected(row, CustomerFactory())
    address = url(page, row.pk) if page == "persons" else url(page)
    manager_client.get(address)
    counts = []
    for more in range(2):
        with django_assert_max_num_queries(limit) as queries:
            assert manager_client.get(address).status_code == 200
        counts.append(len(queries))
        if not more:
            affected(row, *[CustomerFactory() for _number in range(29)])
            for number in range(29):
                incident(title=str(number))
    assert counts[0] == counts[1]


def test_a_clock_that_is_over_says_so(manager_client: Client) -> None:
    late = reportable(title="遅い", days_ago=90)
    page = manager_client.get(url("change", late.pk)).content.decode()
    assert "日過ぎています" in page
    assert "90日目" in page or "91日目" in page
    harmless = incident(**NOTHING, persons_at_most=1)
    assert "4つのどれにもあたらない" in manager_client.get(url("change", harmless.pk)).content.decode()
    safe = incident(**{**NOTHING, "sensitive": "yes", "encrypted": "yes"}, persons_at_most=1)
    assert "高度に暗号化され鍵も無事" in manager_client.get(url("change", safe.pk)).content.decode()
    assert incidents.left_to_do(safe) == []
