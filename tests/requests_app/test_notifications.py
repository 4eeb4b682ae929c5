"""Every mail in both languages: complete, plain, and without anything that a stranger should not read."""

import re
from datetime import date

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from requests_app import checks, notifications
from requests_app.domain.transitions import Event
from tests.factories.requests import RequestFactory

NAMES = sorted({*notifications.WITHOUT_EVENT, *notifications.TEMPLATES.values()})
CONTEXT = {
    "receipt_number": "RK7D-4M2P-Q8XA",
    "request_type": "保有個人データの開示",
    "target_on": date(2026, 12, 1),
    "closes_on": date(2026, 12, 31),
    "status_url": "https://portal.example/requests/RK7D-4M2P-Q8XA/",
    "portal_url": "https://portal.example",
    "operator_name": "例の店",
    "operator_contact": "privacy@shop.example",
    "operator_hours": "12:00〜18:00",
}


def rendered(name: str, language: str) -> dict[str, str]:
    context = {**CONTEXT, "language": language, "subject": "件名"}
    with translation.override(language):
        return {part: render_to_string(f"emails/{name}/{language}/{part}", context) for part in checks.PARTS}


@pytest.mark.parametrize("language", checks.LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_says_what_happened_and_where_to_look(name: str, language: str) -> None:
    mail = rendered(name, language)
    assert "\n" not in mail["subject.txt"].strip()
    assert len(mail["subject.txt"].strip()) <= 70
    assert CONTEXT["receipt_number"] in mail["subject.txt"]
    for part in ("body.txt", "body.html"):
        assert CONTEXT["receipt_number"] in mail[part]
        assert CONTEXT["status_url"] in mail[part]
        # One address, without any token: the page asks to sign in.
        assert set(re.findall(r"https://[^\s\"<）]+", mail[part])) <= {CONTEXT["status_url"], CONTEXT["portal_url"]}
    assert f'lang="{language}"' in mail["body.html"]
    assert "unsubscribe" not in mail["body.html"].lower()


@pytest.mark.parametrize("name", NAMES)
def test_the_english_mail_has_no_japanese_and_the_japanese_one_is_polite_and_plain(name: str) -> None:
    english, japanese = rendered(name, "en"), rendered(name, "ja")
    own = english["subject.txt"] + english["body.txt"].replace(CONTEXT["operator_name"], "").replace(
        CONTEXT["request_type"], ""
    ).replace(CONTEXT["operator_hours"], "")
    assert not re.search(r"[ぁ-んァ-ヶ一-龠]", own)
    assert "されたく" not in japanese["body.txt"]
    assert re.search(r"(です|ます|ました|ません|ください)。", japanese["body.txt"])


@pytest.mark.parametrize("name", NAMES)
def test_text_and_html_say_the_same(name: str) -> None:
    for language in checks.LANGUAGES:
        mail = rendered(name, language)
        body = mail["body.html"].split('class="content">')[1].split("</td>")[0]
        words = re.sub(r"<[^>]+>", "", re.sub(r"<h1>.*?</h1>", "", body))
        for sentence in filter(None, (line.strip() for line in words.splitlines())):
            assert sentence in mail["body.txt"]


def test_every_event_has_a_mail() -> None:
    assert set(notifications.TEMPLATES) == set(Event)


def test_the_link_is_the_portals_page() -> None:
    request = RequestFactory.build(receipt_number="RK7D-4M2P-Q8XA", applicant=None)
    path = reverse("portal:request_detail", args=[request.receipt_number])
    assert notifications.status_url(request).endswith(path)
