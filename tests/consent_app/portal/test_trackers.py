"""Cookies and records of browsing, and the browser's signal against advertising."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from consent_app.models import Consent
from consent_app.services.profiles import load_profile, read_profile
from privacy_portal.core.models import User
from tests.factories.consent import CustomerFactory, OperatorFactory, PurposeFactory
from tests.factories.core import UserFactory, sign_in_by_code
from tests.factories.trackers import TrackerFactory

pytestmark = pytest.mark.django_db
SIGNAL = {"sec-gpc": "1"}


def text_of(client: Client, language: str = "ja", **headers: str) -> str:
    response = client.get(reverse("portal:trackers"), headers={"accept-language": language, **headers})
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_support_resource(client: Client) -> None:
    response = client.get("/.well-known/gpc.json")
    assert response["Content-Type"] == "application/json"
    content = response.json()
    assert content["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", content["lastUpdate"])
    assert "public" in response["Cache-Control"]
    assert client.post("/.well-known/gpc.json").status_code == 405


@pytest.mark.parametrize("value", ["1", " 1 "])
def test_the_signal_is_honoured(client: Client, value: str) -> None:
    OperatorFactory()
    TrackerFactory(to_advertisers=True)
    text = text_of(client, **{"sec-gpc": value})
    assert "しるしを尊重します。このブラウザからの情報を、広告のためにほかの会社へ渡しません。" in text


@pytest.mark.parametrize("value", ["0", "", "true", "11", "1, 1"])
def test_anything_else_is_no_signal(client: Client, value: str) -> None:
    OperatorFactory()
    assert "しるしが届いていません" in text_of(client, **{"sec-gpc": value})


def test_caches_keep_both_pages_apart(client: Client) -> None:
    OperatorFactory()
    assert "Sec-GPC" in client.get(reverse("portal:trackers"))["Vary"]


def test_every_cookie_that_is_set_is_named(client: Client) -> None:
    OperatorFactory()
    person = UserFactory()
    sign_in_by_code(client, person)
    client.post(reverse("portal:set_language"), {"language": "en"})
    client.get(reverse("portal:sign_in"))
    client.get(reverse("portal:trackers"))
    text = text_of(client)
    assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME} <= set(
        client.cookies
    )
    for name in client.cookies:
        assert name in text
    assert "messages" in text


def test_how_long_a_cookie_lasts_is_what_is_configured(client: Client, settings: Any) -> None:
    OperatorFactory()
    settings.SESSION_COOKIE_AGE = 7200
    assert "2 hours" in text_of(client, "en")
    assert "364 days" in text_of(client, "en")


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (
            "kloset",
            (
                "見た順番などの履歴",
                "広告主、情報を提供する会社",
                "端末を区別する番号",
                "性別、職業",
                "広告への同意を取り下げて",
            ),
        ),
        (
            "quipearl",
            (
                "IPアドレス",
                "個人情報とは結び付けません",
                "お客さまに合った広告",
                "ブラウザの設定で",
                "ほかの会社には送りません",
            ),
        ),
        ("cleng", ("個人関連情報", "ご本人の同意を確かめた", "同意を確かめてから渡します")),
        ("rokusho", ("公表している記録や送信はありません", "このポータルのクッキー")),
    ],
)
def test_what_the_policies_promise(client: Client, code: str, facts: tuple[str, ...]) -> None:
    load_profile(profile=read_profile(code), actor="command")
    text = text_of(client)
    for fact in facts:
        assert fact in text


def test_what_is_no_longer_used_is_not_shown(client: Client) -> None:
    OperatorFactory()
    TrackerFactory(name_ja="むかしのクッキー", active=False)
    assert "むかしのクッキー" not in text_of(client)


def test_recipient_country_and_ways_to_refuse(client: Client) -> None:
    OperatorFactory()
    TrackerFactory(
        to_advertisers=True,
        recipient_address_ja="例の国例の町1",
        recipient_country="US",
        refusal_url="https://ads.example/no",
    )
    html = client.get(reverse("portal:trackers")).content.decode()
    for fact in ("例の国例の町1", "US", 'href="https://ads.example/no"', "同意を取り下げてください。"):
        assert fact in html


def test_as_many_statements_for_many_as_for_one(client: Client, django_assert_num_queries: Any) -> None:
    OperatorFactory()
    TrackerFactory()
    text_of(client)
    for _ in range(2):
        with django_assert_num_queries(1):
            text_of(client)
        TrackerFactory.create_batch(20)


# ------------------------------------------------------------------------------------------------- the stored choice

REFUSE = "/trackers/refuse/"


@pytest.fixture
def person() -> User:
    OperatorFactory()
    purpose = PurposeFactory(code="ads", text_ja="広告をお届けするため", needs_consent=True)
    TrackerFactory(to_advertisers=True).purposes.add(purpose)
    return UserFactory(email="hanako@post.example")


def test_signed_in_the_signal_is_offered_as_a_stored_choice(client: Client, person: User) -> None:
    customer = CustomerFactory(email=person.email)
    assert "断る選択として記録する" not in text_of(client, **SIGNAL)
    sign_in_by_code(client, person)
    assert "断る選択として記録する" not in text_of(client)
    text = text_of(client, **SIGNAL)
    assert "断る選択として記録する" in text
    assert "広告をお届けするため" in text
    response = client.post(REFUSE, headers=SIGNAL, follow=True)
    assert "断る選択を記録しました" in response.content.decode()
    event = Consent.objects.get(customer=customer)
    assert (event.event, event.channel) == ("withdrawn", "portal")
    assert event.proof.startswith("GPC signal")
    text = text_of(client)
    assert "断る選択が記録されています" in text
    assert "断る選択として記録する" not in text
    assert "no-store" in client.get(reverse("portal:trackers"))["Cache-Control"]


def test_the_page_of_consents_says_where_the_signal_can_be_recorded(client: Client, person: User) -> None:
    CustomerFactory(email=person.email)
    sign_in_by_code(client, person)
    words = "広告のための提供を断る選択として、記録できます。"
    assert words not in client.get(reverse("portal:consents")).content.decode()
    response = client.get(reverse("portal:consents"), headers=SIGNAL)
    assert words in response.content.decode()
    assert "Sec-GPC" in response["Vary"]
    client.post(REFUSE, headers=SIGNAL)
    assert words not in client.get(reverse("portal:consents"), headers=SIGNAL).content.decode()


def test_without_the_signal_nothing_is_stored(client: Client, person: User) -> None:
    CustomerFactory(email=person.email)
    sign_in_by_code(client, person)
    assert "記録しませんでした" in client.post(REFUSE, follow=True).content.decode()
    assert not Consent.objects.exists()


def test_coming_back_from_the_sign_in_stores_nothing(client: Client, person: User) -> None:
    CustomerFactory(email=person.email)
    sign_in_by_code(client, person)
    assert client.get(REFUSE, headers=SIGNAL).url == reverse("portal:trackers")  # type: ignore[attr-defined]
    assert not Consent.objects.exists()


def test_an_account_without_a_customer_is_offered_nothing(client: Client, person: User) -> None:
    sign_in_by_code(client, person)
    assert "あなたの選択" not in text_of(client, **SIGNAL)
    assert client.post(REFUSE, headers=SIGNAL).status_code == 404


def test_another_site_cannot_post_it(person: User) -> None:
    CustomerFactory(email=person.email)
    strict = Client(enforce_csrf_checks=True)
    sign_in_by_code(strict, person)
    assert strict.post(REFUSE, headers=SIGNAL).status_code == 403
    assert not Consent.objects.exists()
