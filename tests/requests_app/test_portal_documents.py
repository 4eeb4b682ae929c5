"""The pages on which somebody sends documents."""

from typing import Any

import pytest
from django.test import Client

from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, Evidence, EvidenceRequest, Message, Party
from requests_app.services import evidence
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import sign_in_by_code
from tests.factories.evidence import checked, given, picture, upload
from tests.factories.requests import MessageFactory, PartyFactory, PersonFactory, RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(client: Client) -> DisclosureRequest:
    """A mandated agent whom the worker asked for documents."""
    OperatorFactory(channels=["portal", "letter"])
    catalogue()
    RequestRuleFactory()
    request = RequestFactory.waiting_for_identity(role="mandated_agent")
    PartyFactory(request=request, kind=Party.Kind.AGENT, family_name="代理", given_name="人子")
    EvidenceRequest.objects.create(
        request=request, proofs=["principal", "agent", "authority", "seal"], note="ゆっくりで大丈夫です。"
    )
    assert request.applicant is not None
    sign_in_by_code(client, request.applicant)
    return request


def url(request: DisclosureRequest, rest: str = "") -> str:
    return f"/requests/{request.receipt_number}/documents/{rest}"


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def add(client: Client, request: DisclosureRequest, **values: Any) -> Any:
    data = {"document": "passport", "copies": [upload()]} | values
    return client.post(url(request, "add/agent/"), data, follow=True)


def test_the_whole_way(client: Client, asked: DisclosureRequest) -> None:
    status = text(client, f"/requests/{asked.receipt_number}/")
    assert url(asked) in status
    assert "書類を送る" in status
    page = text(client, url(asked))
    for words in ("ゆっくりで大丈夫です。", "代理人の確認", "委任状", "印鑑登録証明書", "30日後に消去", "郵送するとき"):
        assert words in page
    form = text(client, url(asked, "add/agent/"))
    assert 'capture="environment"' in form
    assert "driving_licence" in form
    assert "本籍" in form
    added = add(client, asked, copies=[upload(), upload()]).content.decode()
    assert "まだ送っていません" in added
    draft = Evidence.objects.get()
    assert (draft.state, draft.party, draft.pages.count()) == ("draft", "agent", 2)
    shown = client.get(url(asked, f"page/{draft.pages.first().pk}/"))
    assert shown["Content-Type"] == "image/jpeg"
    assert shown.content.startswith(b"\xff\xd8")
    assert b"SECRET-PLACE" not in shown.content
    sent = client.post(url(asked), follow=True).content.decode()
    assert "書類を送りました" in sent
    asked.refresh_from_db()
    assert asked.status == Status.IDENTITY_REVIEW
    assert client.get(url(asked, f"page/{draft.pages.first().pk}/")).status_code == 404
    assert "確認しています" in text(client, url(asked))


def test_both_ways_to_choose_go_together(client: Client, asked: DisclosureRequest) -> None:
    add(client, asked, photo=upload(name="camera.jpg"))
    assert Evidence.objects.get().pages.count() == 2


def test_taking_away(client: Client, asked: DisclosureRequest) -> None:
    add(client, asked)
    address = url(asked, f"{Evidence.objects.get().pk}/remove/")
    client.get(address)
    assert Evidence.objects.exists()
    assert "取り除き、消去しました" in client.post(address, follow=True).content.decode()
    assert not Evidence.objects.exists()
    assert client.post(address, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"copies": []}, "書類を撮るか"),
        ({"document": ""}, "書類の種類を選んでください"),
        ({"document": "mandate"}, "書類の種類"),
        ({"copies": [upload(b"<script>alert(1)</script>")]}, "この種類のファイルは受け取れません"),
        ({"copies": [upload(picture(kind="PNG"), "face.pdf")]}, "名前の終わりと中身が合いません"),
    ],
    ids=["no file", "no kind", "another kind", "no picture", "a lie"],
)
def test_bad_input_is_told_beside_the_field(
    client: Client, asked: DisclosureRequest, values: dict[str, Any], words: str
) -> None:
    page = add(client, asked, **values).content.decode()
    assert words in page
    assert "data-error-summary" in page
    assert not Evidence.objects.exists()
    if "document" not in values:
        # What was chosen stays.
        assert 'value="passport" checked' in page.replace("\n", " ") or "checked" in page


def test_nothing_to_send_is_said(client: Client, asked: DisclosureRequest) -> None:
    assert "送る書類がありません" in client.post(url(asked), follow=True).content.decode()


def test_why_a_document_was_not_accepted(client: Client, asked: DisclosureRequest) -> None:
    row = given(asked, "passport", "agent")
    row.judgements.create(accepted=False, reason="unreadable")
    Evidence.objects.update(state="rejected")
    checked(asked, "mandate", "authority", covers_receipt=True)
    page = text(client, url(asked))
    assert "もう一度お送りください" in page
    assert "文字が読み取れませんでした" in page


@pytest.mark.parametrize("rest", ["add/connection/", "add/nothing/"])
def test_what_is_not_asked_for_has_no_page(client: Client, asked: DisclosureRequest, rest: str) -> None:
    assert client.get(url(asked, rest)).status_code == 404


def test_without_being_asked_there_is_no_page(client: Client, asked: DisclosureRequest) -> None:
    other = RequestFactory.in_review(applicant=asked.applicant)
    assert client.get(url(other)).status_code == 404
    assert "documents/" not in text(client, f"/requests/{other.receipt_number}/")


def test_another_persons_picture_does_not_exist(client: Client, asked: DisclosureRequest) -> None:
    theirs = RequestFactory.waiting_for_identity(applicant=PersonFactory())
    page = given(theirs, state="draft", given_at=None).pages.get()
    assert client.get(url(asked, f"page/{page.pk}/")).status_code == 404
    client.post(url(asked, f"{page.evidence_id}/remove/"))
    assert Evidence.objects.filter(pk=page.evidence_id).exists()


def test_a_message_does_not_stand_for_the_documents(client: Client, asked: DisclosureRequest) -> None:
    """The clock stands still until they come."""
    client.post(f"/requests/{asked.receipt_number}/messages/", {"body": "委任状は月曜日に書きます。"})
    asked.refresh_from_db()
    assert (asked.status, Message.objects.count()) == (Status.IDENTITY_WAITING, 1)


def test_a_question_that_came_later_is_answered_by_a_message(client: Client, asked: DisclosureRequest) -> None:
    MessageFactory(request=asked, asks_reply=True, sent_at="2030-01-01T00:00:00Z")
    assert "質問を読んで返答する" in text(client, f"/requests/{asked.receipt_number}/")
    client.post(f"/requests/{asked.receipt_number}/messages/", {"body": "はい。"})
    asked.refresh_from_db()
    assert asked.status == Status.IDENTITY_REVIEW
    assert "確認のための書類を見る・送る" in text(client, f"/requests/{asked.receipt_number}/")


def test_too_many_files_are_slowed_down(client: Client, asked: DisclosureRequest, monkeypatch: Any) -> None:
    monkeypatch.setattr(evidence, "UPLOADED", evidence.Limit("evidence-upload", 1, 3600))
    add(client, asked)
    response = add(client, asked)
    assert response.status_code == 429
    assert response["Retry-After"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_form_for_a_mandate(client: Client, asked: DisclosureRequest, language: str) -> None:
    import io

    from pypdf import PdfReader

    headers = {"accept-language": language}
    for address, known in ((url(asked, "mandate.pdf"), True), ("/procedure/mandate.pdf", False)):
        response = client.get(address, headers=headers)
        assert response["Content-Type"] == "application/pdf"
        reader = PdfReader(io.BytesIO(response.content))
        assert len(reader.pages) == 1
        words = reader.pages[0].extract_text().replace(" ", "").replace("\u3000", "")
        assert ("高橋花子" in words) is known
        assert ("代理人子" in words) is known
        assert (asked.receipt_number in words) is known
        assert ("委任状" if language == "ja" else "Mandate") in words
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_only_a_mandated_agent_has_a_filled_in_form(client: Client, asked: DisclosureRequest) -> None:
    other = RequestFactory.waiting_for_identity(applicant=asked.applicant)
    assert client.get(url(other, "mandate.pdf")).status_code == 404


def test_the_procedure_page_reads_the_table(client: Client, asked: DisclosureRequest) -> None:
    page = text(client, "/procedure/")
    for words in (
        "登記事項証明書",
        "委任状と、印鑑登録証明書",
        "贈り物を受け取った方",
        "荷物の送り状",
        "マイナンバーカード（表だけ）",
    ):
        assert words in page
