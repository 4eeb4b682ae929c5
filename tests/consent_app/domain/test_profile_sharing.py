"""Joint uses and trackers in a profile."""

import datetime
from pathlib import Path

import pytest

from consent_app.domain.profile import Profile
from consent_app.domain.profile_parser import ProfileError, parse_profile
from consent_app.domain.profile_reader import Text
from consent_app.domain.profile_sharing import TRACKER_KINDS
from consent_app.models import Tracker
from consent_app.services.profiles import PROFILES

JOINT_USE = """
[[joint_uses]]
code = "group"
name.ja = "共同利用"
name.en = "Joint use"
items = ["name", "email"]
users.ja = "グループ各社"
users.en = "Our group"
purposes = ["services"]
responsible_name.ja = "例の店"
responsible_name.en = "Example Shop"
responsible_is_person = true
announced_on = 2026-05-01
"""
TRACKER = """
[[trackers]]
code = "ads"
kind = "cookie"
name.ja = "クッキー"
name.en = "Cookies"
sent.ja = "見たページ"
sent.en = "Pages"
aim.ja = "広告のため"
aim.en = "For advertising"
recipient.ja = "例の広告"
recipient.en = "Example Ads"
recipient_country = "JP"
advertising = true
purposes = ["newsletter"]
refusal_url = "https://shop.example/no"
"""

JOINT_USE_NAME = 'name.ja = "共同利用"\nname.en = "Joint use"\n'
RECIPIENT = 'recipient.ja = "例の広告"\nrecipient.en = "Example Ads"\n'


def parse(more: str) -> Profile:
    return parse_profile((Path(PROFILES) / "rokusho.toml").read_bytes() + more.encode())


def problems_of(more: str) -> str:
    with pytest.raises(ProfileError) as error:
        parse(more)
    return str(error.value)


def test_a_joint_use_is_read() -> None:
    (section,) = parse(JOINT_USE).joint_uses
    assert section.items == ("name", "email")
    assert section.users == Text("グループ各社", "Our group")
    assert section.purposes == ("services",)
    assert section.responsible_is_person
    assert section.responsible_address == Text()
    assert section.announced_on == datetime.date(2026, 5, 1)


def test_a_tracker_is_read() -> None:
    (section,) = parse(TRACKER).trackers
    assert (section.kind, section.recipient.en, section.recipient_country) == ("cookie", "Example Ads", "JP")
    assert (section.advertising, section.tied_to_person, section.purposes) == (True, False, ("newsletter",))


@pytest.mark.parametrize(
    ("text", "old", "new", "key", "words"),
    [
        (JOINT_USE, '"email"]', '"emial"]', "joint_uses[1].items[2]", "「email」のことですか"),
        (JOINT_USE, '["services"]', '["nothing_like_it"]', "joint_uses[1].purposes[1]", "ここでは使えません"),
        (JOINT_USE, 'users.en = "Our group"\n', "", "joint_uses[1].users.en", "必要な項目がありません"),
        (
            JOINT_USE,
            'name.ja = "共同利用"\nname.en = "Joint use"\n',
            "",
            "joint_uses[1].name",
            "必要な項目がありません",
        ),
        (JOINT_USE, "2026-05-01", '"May"', "joint_uses[1].announced_on", "日付ではありません"),
        (JOINT_USE, 'code = "group"', 'code = "Group"', "joint_uses[1].code", "書き方が違います"),
        (JOINT_USE, "users.ja", "user.ja", "joint_uses[1].user", "知らない項目"),
        (TRACKER, '"cookie"', '"spy"', "trackers[1].kind", "ここでは使えません"),
        (TRACKER, RECIPIENT, "", "trackers[1].recipient", "送信先がありません"),
        (TRACKER, '"JP"', '"Japan"', "trackers[1].recipient_country", "書き方が違います"),
        (TRACKER, "https://", "http://", "trackers[1].refusal_url", "ウェブアドレスではありません"),
        (TRACKER, "advertising = true", 'advertising = "yes"', "trackers[1].advertising", "真偽値ではありません"),
    ],
)
def test_a_mistake_is_told_with_its_key(text: str, old: str, new: str, key: str, words: str) -> None:
    assert text.count(old) == 1
    told = [line for line in problems_of(text.replace(old, new)).splitlines() if f" {key}:" in line]
    assert told, problems_of(text.replace(old, new))
    assert words in told[0]


@pytest.mark.parametrize("text", [JOINT_USE, TRACKER])
def test_no_code_twice(text: str) -> None:
    assert "2回あります" in problems_of(text + text)


def test_the_kinds_are_those_of_the_register() -> None:
    assert list(TRACKER_KINDS) == Tracker.Kind.values
