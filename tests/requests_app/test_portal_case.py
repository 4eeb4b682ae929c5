"""Home, list and status page, messages, withdrawing: what each says in each status, and how many queries it takes."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import User
from requests_app.domain.transitions import INTERNAL_NOTES, OPEN_STATUSES, WAITING_FOR_PERSON, Event, Note, Status
from requests_app.models import DisclosureRequest, Message, RequestEvent
from requests_app.portal.wording import happened, stand
from requests_app.services import extensions, intake, lifecycle, messages
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.requests import MessageFactory, PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db

# Words of the code and of the office that a person should not have to learn.
INTERNAL = re.compile(
    r"identity_|in_review|ready_to_post|fulfil|transition|worker|ワーカー|ステータス|キュー|照合の水準", re.I
)


@pytest.fixture
def person() -> User:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    return PersonFactory()


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def main_part(response: Any) -> str:
    assert response.status_code == 200
    content: str = response.content.decode()
    return content[content.index("<main") : content.index("</main>")]


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class TestHome:
    def test_everybody_sees_what_can_be_done_and_what_it_costs(self, client: Client, person: User) -> None:
        page = main_part(client.get("/"))
        assert 'href="/requests/new/disclosure/"' in page
        text = text_of(page)
        for words in (
            "例の店",
            "自分について持っているデータを見る",
            "無料です。",
            "10営業日以内",
            "社内目標",
            "ご登録の情報",
        ):
            assert words in text

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ({"fee": "fixed", "fee_yen": 1100}, "1,100円（税込）です。"),
            ({"fee": "quoted"}, "先に金額をお知らせします"),
            (
                {"fee": "none", "fee_note_ja": "郵送のときだけ切手代がかかります。"},
                "郵送のときだけ切手代がかかります。",
            ),
            ({"identity_level": 1}, "メールアドレス"),
            ({"identity_level": 3}, "本人確認書類"),
        ],
    )
    def test_the_profile_decides_the_words(
        self, client: Client, person: User, rule: dict[str, Any], words: str
    ) -> None:
        RequestRuleFactory().delete()
        RequestRuleFactory(**rule)
        assert words in text_of(main_part(client.get("/")))

    def test_what_is_not_offered_is_not_shown(self, client: Client, person: User) -> None:
        RequestRuleFactory().delete()
        RequestRuleFactory(offered=False)
        RequestRuleFactory(request_type="of_another_version")
        page = main_part(client.get("/"))
        assert "/requests/new/" not in page
        assert "今、ここから受け付けている請求はありません" in page

    def test_it_works_before_a_profile_is_loaded(self, client: Client) -> None:
        assert client.get("/").status_code == 200

    def test_queries(self, client: Client, person: User, django_assert_num_queries: Any) -> None:
        client.get("/")
        with django_assert_num_queries(1):  # rules
            client.get("/")


class TestList:
    def test_empty(self, signed_in: Client) -> None:
        page = main_part(signed_in.get("/requests/"))
        assert "まだ請求はありません" in page
        assert 'href="/"' in page

    def test_drafts_and_requests(self, signed_in: Client, person: User) -> None:
        intake.save_draft(user=person, request_type="disclosure", answers={"requester": "person"}, now=timezone.now())
        made = RequestFactory.waiting(applicant=person)
        MessageFactory(request=made)
        text = text_of(main_part(signed_in.get("/requests/")))
        assert "書きかけの請求" in text
        assert "まで保存します。" in text
        assert made.receipt_number in text
        assert "ご返答待ち" in text
        assert "新しいメッセージが1件あります。" in text

    def test_pages(self, signed_in: Client, person: User) -> None:
        for _ in range(11):
            RequestFactory.received(applicant=person)
        assert len(signed_in.get("/requests/").context["rows"]) == 10
        assert len(signed_in.get("/requests/?page=2").context["rows"]) == 1
        assert len(signed_in.get("/requests/?page=x").context["rows"]) == 10

    @pytest.mark.parametrize("rows", [1, 30])
    def test_queries(self, signed_in: Client, person: User, rows: int, django_assert_num_queries: Any) -> None:
        for _ in range(rows):
            MessageFactory(request=RequestFactory.received(applicant=person))
        signed_in.get("/requests/")
        with django_assert_num_queries(4):  # account, count, page, drafts
            signed_in.get("/requests/")


class TestStatusPage:
    @pytest.mark.parametrize("status", Status)
    def test_every_status_has_one_sentence_and_no_internal_word(
        self, signed_in: Client, person: User, status: Status
    ) -> None:
        made = RequestFactory.in_status(status, applicant=person)
        page = main_part(signed_in.get(f"/requests/{made.receipt_number}/"))
        assert stand(made).sentence in page
        assert not INTERNAL.search(text_of(page))
        assert ("社内の目標日" in page) == (status in OPEN_STATUSES - WAITING_FOR_PERSON)
        assert ("取り下げる" in page) == (
            status in {"received", "identity_review", "identity_waiting", "in_review", "waiting", "fee_waiting"}
        )

    def test_failing_the_comparison_tells_nothing_about_it(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.in_identity_review(applicant=person)
        text = text_of(main_part(signed_in.get(f"/requests/{made.receipt_number}/")))
        assert "一致" not in text
        assert "登録がありません" not in text
        assert "担当者が確かめ" in text

    @pytest.mark.parametrize("make", ["waiting", "waiting_for_identity"])
    def test_a_question_is_the_one_thing_to_do(self, signed_in: Client, person: User, make: str) -> None:
        made = getattr(RequestFactory, make)(applicant=person)
        MessageFactory(request=made, body="いつごろのご注文ですか", asks_reply=True)
        page = main_part(signed_in.get(f"/requests/{made.receipt_number}/"))
        assert len(re.findall(r'class="btn btn-primary"', page)) == 1
        assert f'class="btn btn-primary" href="/requests/{made.receipt_number}/messages/"' in page
        assert "いつごろのご注文ですか" not in page

    def test_what_was_stated_is_folded_away(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.received(applicant=person)
        page = main_part(signed_in.get(f"/requests/{made.receipt_number}/"))
        start, end = page.index("<details"), page.index("</details>")
        assert "<details class" in page
        assert "open" not in page[start : page.index(">", start)]
        for secret in ("高橋", "090-1234-5678", "例町4-5-6"):
            assert secret in page[start:end]
            assert secret not in page[:start] + page[end:]

    def test_a_target_that_has_passed_is_owned_up_to(self, signed_in: Client, person: User) -> None:
        late = timezone.localdate() - timedelta(days=1)
        made = RequestFactory.in_review(applicant=person, target_on=late)
        assert "目標日を過ぎています" in main_part(signed_in.get(f"/requests/{made.receipt_number}/"))

    def test_a_posted_answer_can_be_followed(self, signed_in: Client, person: User) -> None:
        request = RequestFactory.answered(applicant=person, answer_method="paper")
        data = {"sent_on": "2026-11-20", "tracking_number": "12345678901"}
        event = RequestEvent.objects.create(request=request, kind=Event.POSTED, actor_kind="staff", data=data)
        page = f"/requests/{request.receipt_number}/"
        said = "2026年11月20日（金）に発送しました。追跡番号は123-45-67890-1です。"
        assert said in text_of(main_part(signed_in.get(page)))
        # Handed over, or recorded before these facts were asked for.
        RequestEvent.objects.filter(pk=event.pk).update(data={})
        text = text_of(main_part(signed_in.get(page)))
        assert "に発送しました。" in text
        assert "追跡番号" not in text

    def test_every_public_event_has_words(self) -> None:
        assert {kind for kind in (*Event, *Note) if not happened(kind)} == INTERNAL_NOTES
        assert happened("something_internal") == ""

    def test_a_number_typed_another_way_is_found(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.received(applicant=person)
        assert signed_in.get(f"/requests/{made.receipt_number.lower()}/").status_code == 200

    def test_queries(self, signed_in: Client, person: User, django_assert_num_queries: Any) -> None:
        made = RequestFactory.waiting(applicant=person)
        signed_in.get(f"/requests/{made.receipt_number}/")
        with django_assert_num_queries(7):  # account, request, messages, events, parties, changes, fees
            signed_in.get(f"/requests/{made.receipt_number}/")
        MessageFactory.create_batch(30, request=made)
        with django_assert_num_queries(7):
            signed_in.get(f"/requests/{made.receipt_number}/")


class TestMessages:
    def test_reading_marks_as_read(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.waiting(applicant=person)
        MessageFactory(request=made, body="いつごろのご注文ですか")
        assert "いつごろのご注文ですか" in main_part(signed_in.get(f"/requests/{made.receipt_number}/messages/"))
        assert Message.objects.filter(read_at__isnull=True).count() == 0

    @pytest.mark.parametrize(
        ("make", "after"),
        [
            ("waiting", Status.IN_REVIEW),
            ("waiting_for_identity", Status.IDENTITY_REVIEW),
            ("received", Status.RECEIVED),
        ],
    )
    def test_an_awaited_reply_moves_the_request_on_and_another_message_does_not(
        self, signed_in: Client, person: User, make: str, after: Status
    ) -> None:
        made = getattr(RequestFactory, make)(applicant=person)
        response = signed_in.post(f"/requests/{made.receipt_number}/messages/", {"body": "春ごろです。"})
        assert response.url == f"/requests/{made.receipt_number}/"
        made.refresh_from_db()
        assert made.status == after
        message = made.messages.get()
        assert (message.from_person, message.body) == (True, "春ごろです。")

    @pytest.mark.parametrize("body", ["", " 　\n", "あ" * 4001, "番号は 123456789018 です"])
    def test_what_cannot_be_sent_is_explained_and_stays(self, signed_in: Client, person: User, body: str) -> None:
        made = RequestFactory.waiting(applicant=person)
        response = signed_in.post(f"/requests/{made.receipt_number}/messages/", {"body": body})
        assert response.status_code == 200
        assert "body" in response.context["form"].errors
        assert not Message.objects.exists()
        made.refresh_from_db()
        assert made.status == Status.WAITING

    @pytest.mark.parametrize("make", ["closed", "withdrawn"])
    def test_nobody_writes_to_a_request_that_has_ended(self, signed_in: Client, person: User, make: str) -> None:
        made = getattr(RequestFactory, make)(applicant=person)
        url = f"/requests/{made.receipt_number}/messages/"
        assert "<form" not in main_part(signed_in.get(url))
        assert signed_in.post(url, {"body": "まだありますか"}).url == url
        assert not Message.objects.exists()

    def test_it_may_end_between_the_page_and_its_sending(
        self, signed_in: Client, person: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = RequestFactory.answered(applicant=person)
        send = messages.write

        def ended_meanwhile(**kwargs: Any) -> Message:
            lifecycle.close(request=DisclosureRequest.objects.get(), actor=StaffFactory(), now=timezone.now())
            return send(**kwargs)

        monkeypatch.setattr(messages, "write", ended_meanwhile)
        response = signed_in.post(f"/requests/{made.receipt_number}/messages/", {"body": "ありがとう"}, follow=True)
        assert response.redirect_chain == [(f"/requests/{made.receipt_number}/", 302)]
        assert "この手続きは終わっています" in response.content.decode()
        assert not Message.objects.exists()

    def test_a_flood_is_stopped_and_what_was_typed_stays(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.in_review(applicant=person)
        url = f"/requests/{made.receipt_number}/messages/"
        for n in range(messages.WRITTEN_BY_PERSON.amount):
            assert signed_in.post(url, {"body": f"{n}"}).status_code == 302
        response = signed_in.post(url, {"body": "もう一通だけ"})
        assert response.status_code == 429
        assert 3500 < int(response["Retry-After"]) <= 3600
        assert "60分後" in response.content.decode()
        assert "もう一通だけ" in response.content.decode()
        assert made.messages.count() == messages.WRITTEN_BY_PERSON.amount

    def test_a_long_thread_has_pages_and_the_newest_comes_first(
        self, signed_in: Client, person: User, django_assert_max_num_queries: Any
    ) -> None:
        made = RequestFactory.in_review(applicant=person)
        for n in range(60):
            sent_at = timezone.now() + timedelta(seconds=n)
            MessageFactory(request=made, body=f"第{n}通。", author=None, sent_at=sent_at)
        url = f"/requests/{made.receipt_number}/messages/"
        # The first page of a session writes down when it began.
        signed_in.get("/")
        with django_assert_max_num_queries(10):
            newest = main_part(signed_in.get(url))
        assert "第9通。" not in newest
        assert newest.index("第10通。") < newest.index("第59通。")
        assert "?page=2" in newest
        older = main_part(signed_in.get(f"{url}?page=2"))
        assert "第9通。" in older
        assert "第10通。" not in older
        assert "?page=1" in older

    def test_markup_in_a_message_is_text(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.waiting(applicant=person)
        MessageFactory(request=made, body="<script>alert(1)</script>", author=StaffFactory())
        assert "<script>alert" not in main_part(signed_in.get(f"/requests/{made.receipt_number}/messages/"))


class TestWithdraw:
    def test_it_is_asked_first(self, signed_in: Client, person: User) -> None:
        made = RequestFactory.in_review(applicant=person)
        url = f"/requests/{made.receipt_number}/withdraw/"
        page = main_part(signed_in.get(url))
        assert "元に戻すことはできません" in page
        assert "取り下げずに戻る" in page
        assert DisclosureRequest.objects.get().status == Status.IN_REVIEW
        assert signed_in.post(url).url == f"/requests/{made.receipt_number}/"
        assert DisclosureRequest.objects.get().status == Status.WITHDRAWN

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_what_is_decided_cannot_be_withdrawn(self, signed_in: Client, person: User, method: str) -> None:
        made = RequestFactory.fulfilling(applicant=person)
        response = getattr(signed_in, method)(f"/requests/{made.receipt_number}/withdraw/", follow=True)
        assert "もう取り下げることができません" in response.content.decode()
        made.refresh_from_db()
        assert made.status == Status.FULFILLING


def test_a_later_target_stands_on_the_timeline_with_its_reason(signed_in: Client, person: User) -> None:
    request = RequestFactory.in_review(applicant=person)
    now = timezone.now()
    extensions.extend(
        request=request,
        actor=StaffFactory(),
        to_on=max(timezone.localdate(now), request.target_on) + timedelta(days=7),
        reason="倉庫の<記録>を調べています。",
        now=now,
    )
    page = signed_in.get(f"/requests/{request.receipt_number}/").content.decode()
    assert "回答の目標日が変わりました" in page
    assert "倉庫の&lt;記録&gt;を調べています。" in page
