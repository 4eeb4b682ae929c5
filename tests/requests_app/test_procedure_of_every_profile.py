"""The procedure page of each profile tells for every right what article 37 wants to be known, in both languages."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from consent_app.domain.articles import article_text
from consent_app.models import Operator, RequestRule
from consent_app.portal.wording import time_needed
from consent_app.public_words import complaint_words, cost
from consent_app.services.profiles import PROFILES, load_profile, read_profile
from requests_app.domain.evidence import DOCUMENTS, NEEDS
from requests_app.domain.identity_levels import ALWAYS, MEANS, ORDINARY, Level, Means, otherwise
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.portal.ways import WAYS
from tests.support.words import words_and_links

CODES = sorted(path.stem for path in PROFILES.glob("*.toml"))
ATTACHMENT = "attachment"

pytestmark = pytest.mark.django_db


def page(client: Client, code: str, language: str) -> tuple[str, list[str]]:
    """What the page says, in one line, and where it leads; the profile is loaded only once."""
    cache.clear()
    if not Operator.objects.filter(code=code).exists():
        load_profile(profile=read_profile(code), actor="command")
    response = client.get(reverse("portal:procedure"), headers={"accept-language": language})
    assert response.status_code == 200
    words, _ = words_and_links(response.content.decode(), language)
    return flat(" ".join(words)), re.findall(r'href="([^"]+)"', response.content.decode())


def flat(text: object) -> str:
    return re.sub(r"\s+", "", str(text))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", CODES)
def test_for_every_offered_type_what_how_cost_time_check_and_refusals(client: Client, code: str, language: str) -> None:
    text, links = page(client, code, language)
    rules = {rule.request_type: rule for rule in RequestRule.objects.filter(offered=True)}
    assert rules
    with override(language):
        for request_type, entry in REQUEST_TYPES.items():
            if request_type not in rules:
                assert flat(entry.description) not in text
                continue
            expected = [entry.name, entry.plain_name, entry.description, article_text(entry.article, language)]
            for ground in entry.grounds:
                expected += [ground.text, ground.help, article_text(ground.article, language)]
            for refusal in entry.refusals:
                expected += [refusal.text, article_text(refusal.article, language)]
            expected += [cost(rules[request_type]), time_needed(rules[request_type])]
            for words in expected:
                assert flat(words) in text, (request_type, words)
            assert reverse("portal:request_new", args=[request_type]) in links


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", CODES)
def test_what_shows_who_asks_and_for_whom(client: Client, code: str, language: str) -> None:
    text, links = page(client, code, language)
    with override(language):
        for requester, needs in NEEDS.items():
            if requester != "person":
                assert flat(requester.label) in text, requester
            for document in {document for need in needs for document in need.documents}:
                assert flat(DOCUMENTS[document].name) in text, (requester, document)
    assert reverse("portal:mandate_blank") in links


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("mails", [False, True])
def test_the_ways_of_the_answer_and_the_attachment_only_where_it_is_offered(
    client: Client, code: str, language: str, mails: bool
) -> None:
    page(client, code, language)
    Operator.objects.update(mails_answers=mails)
    text, _links = page(client, code, language)
    with override(language):
        for way, label in WAYS.items():
            assert (flat(label) in text) == (mails or way != ATTACHMENT), way


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("address", ["procedure", "contact"])
def test_where_to_complain(client: Client, code: str, language: str, address: str) -> None:
    """The operator's ways, its accredited organisation where there is one, and the Commission."""
    text, _links = page(client, code, language)
    operator = Operator.objects.get()
    told = {
        "ja": ("個人情報の例示団体", "苦情相談室 050-0000-0009"),
        "en": ("Example Body", "Complaints 050-0000-0009"),
    }
    name, contact = told[language]
    assert flat(name) not in text
    with override(language):
        for way in complaint_words(operator):
            assert flat(way.text) in text
    for key, position in (("accredited_name", 0), ("accredited_contact", 1)):
        for one in told:
            setattr(operator, f"{key}_{one}", told[one][position])
    operator.complaint_channels = []
    operator.save()
    cache.clear()
    response = client.get(reverse(f"portal:{address}"), headers={"accept-language": language})
    told_now = flat(" ".join(words_and_links(response.content.decode(), language)[0]))
    for words in (name, contact, operator.email):
        assert flat(words) in told_now
    assert "https://www.ppc.go.jp/" in response.content.decode()
    assert {"ja": "個人情報保護委員会", "en": "PersonalInformationProtectionCommission"}[language] in told_now


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("chosen", [[], ["post_code", "counter"], ["post_code", "call_back", "counter"]])
def test_what_is_checked_is_what_the_table_and_the_profile_say(
    client: Client, code: str, language: str, chosen: list[str]
) -> None:
    """For each type and level; a means that the operator does not use stands nowhere."""
    page(client, code, language)
    Operator.objects.update(identity_means=chosen)
    offered = ALWAYS | set(chosen)
    for level in (1, 2, 3):
        RequestRule.objects.update(identity_level=level)
        cache.clear()
        response = client.get(reverse("portal:procedure"), headers={"accept-language": language})
        text = flat(" ".join(words_and_links(response.content.decode(), language)[0]))
        cells = {
            row["code"]: (flat(row["check"]), [flat(one) for one in row["otherwise"]])
            for row in response.context["rows"]
        }
        with override(language):
            ordinary = [flat(means.label) for means in ORDINARY[Level(level)]]
            others = [flat(means.label) for means in otherwise(level, offered)]
            for request_type in ("disclosure", "erasure"):
                if request_type in cells:
                    assert re.split("、|,", cells[request_type][0]) == ordinary
                    assert cells[request_type][1] == others
            for means, row in MEANS.items():
                asked = means in (*ORDINARY[Level(level)], *otherwise(level, offered), Means.DOCUMENTS)
                assert (flat(row.asks) in text) == asked, (level, means)


@pytest.mark.parametrize("request_type", ["complaint", "inquiry"])
def test_a_complaint_asks_nobody_who_they_are_whatever_level_its_rule_has(client: Client, request_type: str) -> None:
    page(client, "rokusho", "ja")
    RequestRule.objects.filter(request_type=request_type).update(identity_level=3)
    response = client.get(reverse("portal:procedure"), headers={"accept-language": "ja"})
    checks = {row["code"]: row["check"] for row in response.context["rows"]}
    assert checks[request_type] == "メールのコードだけ"
    assert checks["disclosure"] == "メールのコード、登録情報との照合"
