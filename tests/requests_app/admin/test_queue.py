"""The queue finds every case, and tells nobody what was searched for."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.plans import sequential_scans
from requests_app.admin import cases, queue_filters
from requests_app.domain import receipt_numbers
from requests_app.models import DisclosureRequest, Party, searching
from requests_app.models.searching import found
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

pytestmark = pytest.mark.django_db
QUEUE = "/admin/requests_app/disclosurerequest/"
NUMBER = "RK7D-4M2P-Q8X" + receipt_numbers.check_character("RK7D4M2PQ8X")
PERSON = {
    "family_name": "渡邊",
    "given_name": "和也",
    "family_kana": "ワタナベ",
    "given_kana": "カズヤ",
    "email": "kazuya.w@post.example",
    "telephone": "+819098765432",
}


@pytest.fixture
def signed_in(client: Client) -> Client:
    pass_second_factor(client, StaffFactory())
    return client


def search(client: Client, words: str, query: str = "") -> Any:
    return client.post(f"{QUEUE}{query}", {"words": words}, follow=True)


@pytest.mark.parametrize(
    "words",
    [
        NUMBER, NUMBER.lower().replace("-", "　"), "受付番号：" + NUMBER, "ＲＫ７Ｄ－４Ｍ２Ｐ", "4m2p", "d4m",
        "rk7d 4m", "RK7D4M2PQ8X", "渡辺", "わたなべ　かずや", "ﾜﾀﾅﾍﾞ", "渡", "kazuya", "090 9876 5432", "5432",
    ],
)  # fmt: skip
def test_a_case_is_found_by(signed_in: Client, words: str) -> None:
    case = RequestFactory.closed(receipt_number=NUMBER, party=PERSON)
    RequestFactory.in_review(party={"telephone": "+81312340000", "family_name": "別人"})
    assert [row.pk for row in search(signed_in, words).context["cl"].result_list] == [case.pk]


@pytest.mark.parametrize("words", ["渡部", "%", "・", "RK7D-4M2P-Q8X" + ("0" if NUMBER[-1] != "0" else "1"), "9999"])
def test_a_case_is_not_found_by(signed_in: Client, words: str) -> None:
    RequestFactory.in_review(receipt_number=NUMBER, party=PERSON)
    assert search(signed_in, words).context["cl"].result_count == 0


def test_an_agent_is_found_too(signed_in: Client) -> None:
    case = RequestFactory.in_review()
    Party.objects.create(request=case, kind=Party.Kind.AGENT, family_name="代理", given_name="人子")
    assert search(signed_in, "代理").context["cl"].result_count == 1


def test_what_was_searched_for_stands_in_no_address_and_not_readable_in_the_session(signed_in: Client) -> None:
    RequestFactory.in_review(party=PERSON)
    page = search(signed_in, "渡辺")
    address = page.redirect_chain[-1][0]
    assert "渡" not in address
    assert "%E6" not in address
    assert 'value="渡辺"' in page.content.decode()
    kept = str([one.get_decoded() for one in Session.objects.all()])
    assert "admin_searches" in kept
    assert "渡辺" not in kept
    # The same address means nothing to anybody else.
    other = Client()
    pass_second_factor(other, StaffFactory())
    shown = other.get(address, follow=True)
    assert "もう一度入力してください" in shown.content.decode()
    assert "渡辺" not in shown.content.decode()


def test_what_is_found_has_pages_and_filters(signed_in: Client) -> None:
    for _ in range(26):
        RequestFactory.in_review(party=PERSON)
    RequestFactory.closed(party=PERSON)
    page = search(signed_in, "渡辺")
    address = page.redirect_chain[-1][0]
    assert page.context["cl"].result_count == 27
    assert len(signed_in.get(f"{address}&p=2").context["cl"].result_list) == 2
    narrowed = search(signed_in, "渡辺", "?status=closed")
    assert narrowed.context["cl"].result_count == 1
    assert search(signed_in, "").context["cl"].result_count == 26


def another_number() -> str:
    """A receipt number without the four characters that are searched for: chance puts them into one of 100,000."""
    while "4M2P" in (number := receipt_numbers.generate()).replace("-", ""):
        pass
    return number


def fill(count: int) -> None:
    """Rows straight into the tables: what matters is how they are read."""
    rows = [
        DisclosureRequest(
            id=uuid.uuid4(),
            receipt_number=another_number(),
            request_type="disclosure",
            target_on="2026-12-01",
            status="closed",
            closed_at=timezone.now(),
        )
        for _ in range(count)
    ]
    DisclosureRequest.objects.bulk_create(rows, batch_size=2000)
    families = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "山本", "中村", "小林", "加藤", "吉田")
    Party.objects.bulk_create(
        (
            Party(
                request=row,
                family_name=families[number % 10],
                given_name=f"{chr(0x4E00 + number % 3000)}{chr(0x4E00 + number * 7 % 3000)}",
                email=f"user{number}@post.example",
                telephone=f"+8190{number:08d}",
            )
            for number, row in enumerate(rows)
        ),
        batch_size=2000,
    )


def test_no_page_reads_a_whole_table(signed_in: Client) -> None:
    fill(20_000)
    case = RequestFactory.in_review(receipt_number=NUMBER, party=PERSON)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE requests_app_party, requests_app_disclosurerequest")
    for words in (NUMBER, "4M2P", "渡辺", "わたなべ", "渡", "kazuya.w", "090-9876-5432", "渡辺 和也"):
        rows = found(DisclosureRequest.objects.order_by("target_on", "received_at"), words)
        assert [row.pk for row in rows] == [case.pk], words
        assert "Seq Scan" not in rows.explain(), words
    for address in (f"{QUEUE}?queue=open", f"{QUEUE}?queue=ended", f"{QUEUE}{case.pk}/change/"):
        scans = sequential_scans(lambda address=address: signed_in.get(address))
        assert not {"requests_app_disclosurerequest", "requests_app_party"}.intersection(scans), address


def test_a_search_that_was_cut_says_so(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        RequestFactory.in_review(party=PERSON)
    said = "3件まで探しました。ほかにもあるかもしれません。"
    assert said not in search(signed_in, "渡辺").content.decode()
    monkeypatch.setattr(searching, "FOUND_LIMIT", 3)
    monkeypatch.setattr(cases.QueueList, "found_limit", 3)
    assert said in search(signed_in, "渡辺").content.decode()
    # Whatever the filters leave of what was found.
    narrowed = search(signed_in, "渡辺", "?status=closed")
    assert narrowed.context["cl"].result_count == 0
    assert said in narrowed.content.decode()


def test_what_ended_is_shown_newest_first_and_counted_as_far_as_pages_go(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    days = [now - timedelta(days=number) for number in range(3)]
    made = [RequestFactory.closed(received_at=day, target_on=day.date()) for day in reversed(days)]
    page = signed_in.get(QUEUE, {"queue": "ended"})
    assert list(page.context["cl"].result_list) == made[::-1]
    assert "終了 (3)" in page.content.decode()
    monkeypatch.setattr(queue_filters.QueuePaginator, "LIMIT", 2)
    page = signed_in.get(QUEUE, {"queue": "ended"})
    assert page.context["cl"].result_count == 2
    assert "終了 (2+)" in page.content.decode()
    assert "2件までを表示しています" in page.content.decode()


def test_the_number_of_statements_does_not_grow(signed_in: Client, django_assert_num_queries: Any) -> None:
    RequestFactory.in_review(party=PERSON)
    address = search(signed_in, "渡辺").redirect_chain[-1][0]
    for wanted in (1, 25):
        while DisclosureRequest.objects.count() < wanted:
            RequestFactory.in_review(party=PERSON)
        with django_assert_num_queries(7):
            assert signed_in.get(address).context["cl"].result_count == wanted
