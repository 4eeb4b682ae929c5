"""The sections of a profile about joint use and about what records how people use the shop's site."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from .profile_reader import TableReader, Text

TRACKER_KINDS = ("cookie", "access_log", "url", "browsing", "device", "attributes", "other")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class JointUseSection:
    """A joint use as far as the operator has decided it; what is missing keeps it from beginning, not the file."""

    code: str
    name: Text
    items: tuple[str, ...]
    users: Text
    purposes: tuple[str, ...]
    responsible_name: Text
    responsible_address: Text
    responsible_representative: Text
    responsible_is_person: bool
    announced_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class TrackerSection:
    """What is recorded or sent, to whom, for what, and how to refuse it."""

    code: str
    kind: str
    name: Text
    sent: Text
    aim: Text
    recipient: Text
    recipient_address: Text
    recipient_country: str
    advertising: bool
    tied_to_person: bool
    purposes: tuple[str, ...]
    refusal: Text
    refusal_url: str


def joint_use(
    reader: TableReader, *, code: str, item_codes: tuple[str, ...], purpose_codes: tuple[str, ...]
) -> JointUseSection:
    """Read one ``[[joint_uses]]``."""
    section = JointUseSection(
        code=code,
        name=reader.pair("name", max_length=200),
        items=reader.choices("items", item_codes, required=False),
        users=reader.pair("users", required=False),
        purposes=reader.choices("purposes", purpose_codes, required=False),
        responsible_name=reader.pair("responsible_name", required=False, max_length=200),
        responsible_address=reader.pair("responsible_address", required=False),
        responsible_representative=reader.pair("responsible_representative", required=False, max_length=200),
        responsible_is_person=reader.flag("responsible_is_person", default=False),
        announced_on=reader.date("announced_on"),
    )
    reader.close()
    return section


def tracker(reader: TableReader, *, code: str, purpose_codes: tuple[str, ...]) -> TrackerSection:
    """Read one ``[[trackers]]``."""
    section = TrackerSection(
        code=code,
        kind=reader.choice("kind", TRACKER_KINDS),
        name=reader.pair("name", max_length=200),
        sent=reader.pair("sent"),
        aim=reader.pair("aim"),
        recipient=reader.pair("recipient", required=False, max_length=200),
        recipient_address=reader.pair("recipient_address", required=False),
        recipient_country=reader.text("recipient_country", required=False, pattern=_COUNTRY, example="JP"),
        advertising=reader.flag("advertising", default=False),
        tied_to_person=reader.flag("tied_to_person", default=False),
        purposes=reader.choices("purposes", purpose_codes, required=False),
        refusal=reader.pair("refusal", required=False),
        refusal_url=reader.text("refusal_url", required=False),
    )
    if (section.advertising or section.tied_to_person) and not reader.given("recipient"):
        reader.add(
            "recipient",
            _("ほかの会社に渡すのに、送信先がありません。"),
            _("recipient.ja と recipient.en を書いてください。"),
        )
    if section.refusal_url:
        try:
            URLValidator(schemes=["https"])(section.refusal_url)
        except ValidationError:
            reader.add(
                "refusal_url", _("ウェブアドレスではありません。"), _("https:// で始まるアドレスを書いてください。")
            )
    reader.close()
    return section
