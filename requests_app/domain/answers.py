"""What a person answered in the request form: read strictly, stored in one spelling.

The portal's forms say most of this earlier and page by page; this is the gate that nothing passes by another way.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from consent_app.domain import my_number, normalise

from .request_types import RequestType
from .requesters import ASKERS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

NOTE_LENGTH: Final = 2000
METHOD_NOTE_LENGTH: Final = 500
# How many items one request can have changed, and how long each text about them may be.
CHANGE_ROWS: Final = 10
CHANGE_LENGTH: Final = 1000
AGENT_PREFIX: Final = "agent_"
METHODS: Final = ("download", "attachment", "paper", "other")

Errors = dict[str, "_StrPromise | str"]

REQUIRED = _("入力してください。")
TOO_LONG = _("長すぎます。短くしてください。")
NOT_A_CHOICE = _("選択肢の中から選んでください。")
MY_NUMBER = my_number.REFUSED
holds_my_number = my_number.holds_my_number
TWO_PEOPLE = _("一つの請求は、お一人についてだけです。ほかの方の分は、別の請求として送ってください。")
BIRTH_DATE = _("生年月日を確かめてください。例：1980-04-01、昭和55年4月1日")
NOT_READABLE = _("入力の形が正しくありません。")


@dataclass(frozen=True, slots=True)
class PartyAnswers:
    """What was stated about one person; the names are those of the columns of ``Party``. ``birth_date`` is ISO."""

    family_name: str = ""
    given_name: str = ""
    family_kana: str = ""
    given_kana: str = ""
    telephone: str = ""
    postal_code: str = ""
    prefecture: str = ""
    address1: str = ""
    address2: str = ""
    registered_postal_code: str = ""
    registered_address: str = ""
    birth_date: str = ""
    customer_number: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class ChangeAnswers:
    """One item that somebody wants changed: what is held as far as they know, what it should be, and why."""

    item: str
    present: str
    wanted: str
    why: str


@dataclass(frozen=True, slots=True)
class CleanAnswers:
    """A form that can be submitted."""

    requester: str
    role: str
    principal: PartyAnswers
    agent: PartyAnswers | None
    grounds: tuple[str, ...]
    wants_everything: bool
    wanted_items: tuple[str, ...]
    wanted_purposes: tuple[str, ...]
    wanted_note: str
    changes: tuple[ChangeAnswers, ...]
    answer_method: str
    answer_method_note: str


@dataclass(slots=True)
class _Reader:
    answers: Mapping[str, Any]
    today: date
    errors: Errors = field(default_factory=dict)

    def text(self, name: str, length: int, clean: Callable[[str], str]) -> str:
        raw = self.answers.get(name, "")
        if raw is None:
            return ""
        if not isinstance(raw, str):
            self.errors[name] = NOT_READABLE
            return ""
        if len(raw) > 4 * length:
            self.errors[name] = TOO_LONG
            return ""
        if holds_my_number(raw):
            self.errors[name] = MY_NUMBER
            return ""
        value = clean(raw)
        if len(value) > length:
            self.errors[name] = TOO_LONG
            return ""
        return value

    def note(self, name: str, length: int) -> str:
        return self.text(name, length, normalise.clean_note)

    def choice(self, name: str, choices: Collection[str]) -> str:
        value = self.answers.get(name)
        if not isinstance(value, str) or value not in choices:
            self.errors[name] = NOT_A_CHOICE if value else REQUIRED
            return ""
        return value

    def normalised(self, name: str, read: Callable[[str], "normalise.Normalised[str]"], message: "_StrPromise") -> str:
        found = read(self.text(name, 100, str.strip))
        if found.problem:
            self.errors[name] = message
        return found.value or ""

    def birth_date(self, name: str) -> str:
        found = normalise.birth_date(self.text(name, 40, str.strip), today=self.today)
        if found.problem:
            self.errors[name] = BIRTH_DATE
        return found.value.isoformat() if found.value else ""

    def kana(self, name: str) -> str:
        value = self.text(name, 100, normalise.clean_kana)
        if not _KANA.fullmatch(value):
            self.errors[name] = _("カタカナかひらがなで書いてください。")
        return value


_KANA = re.compile(r"[ァ-ヺー・＝\s]*")


# Marks and words that join two names, and that no name is written with.
_JOINED: Final = re.compile(r"[、＆&]|及び|および|\S\s+and\s+\S", re.IGNORECASE)


def names_two_people(text: str) -> bool:
    """Whether a name seems to be of more than one person: nobody's answer may hold somebody else's data."""
    return bool(_JOINED.search(unicodedata.normalize("NFKC", text)))


def _prefecture(text: str) -> "normalise.Normalised[str]":
    return normalise.prefecture("", text)


def _party(reader: _Reader, prefix: str) -> PartyAnswers:
    if not reader.text(f"{prefix}family_name", 100, normalise.clean_text):
        reader.errors.setdefault(f"{prefix}family_name", REQUIRED)
    for name in ("family_name", "given_name"):
        if names_two_people(reader.text(f"{prefix}{name}", 100, normalise.clean_text)):
            reader.errors[f"{prefix}{name}"] = TWO_PEOPLE
    postal_code_message = _("郵便番号は7桁の数字で書いてください。")
    return PartyAnswers(
        family_name=reader.text(f"{prefix}family_name", 100, normalise.clean_text),
        given_name=reader.text(f"{prefix}given_name", 100, normalise.clean_text),
        family_kana=reader.kana(f"{prefix}family_kana"),
        given_kana=reader.kana(f"{prefix}given_kana"),
        telephone=reader.normalised(
            f"{prefix}telephone",
            normalise.telephone,
            _("電話番号を確かめてください。海外の番号は＋から書いてください。"),
        ),
        postal_code=reader.normalised(f"{prefix}postal_code", normalise.postal_code, postal_code_message),
        prefecture=reader.normalised(f"{prefix}prefecture", _prefecture, _("都道府県の名前を確かめてください。")),
        address1=reader.text(f"{prefix}address1", 300, normalise.clean_address),
        address2=reader.text(f"{prefix}address2", 300, normalise.clean_address),
        registered_postal_code=reader.normalised(
            f"{prefix}registered_postal_code", normalise.postal_code, postal_code_message
        ),
        registered_address=reader.text(f"{prefix}registered_address", 600, normalise.clean_address),
        birth_date=reader.birth_date(f"{prefix}birth_date"),
        customer_number=reader.text(f"{prefix}customer_number", 100, normalise.clean_text),
        order_number=reader.text(f"{prefix}order_number", 100, normalise.clean_text),
    )


def read_party(answers: Mapping[str, Any], *, paper: bool, today: date) -> tuple[PartyAnswers, Errors]:
    """What was stated about one person, by the same rules as the whole form; usable only when there are no errors.

    Args:
        paper: whether letters go to this person, who then needs an address.
    """
    reader = _Reader(answers, today)
    party = _party(reader, "")
    if paper:
        _need_address(reader, "", party)
    return party, reader.errors


def _many(reader: _Reader, name: str, codes: Collection[str]) -> tuple[str, ...]:
    chosen = reader.answers.get(name) or []
    if not isinstance(chosen, list | tuple) or any(code not in codes for code in chosen):
        reader.errors[name] = NOT_A_CHOICE
        return ()
    return tuple(dict.fromkeys(chosen))


def _grounds(reader: _Reader, entry: RequestType) -> tuple[str, ...]:
    """What was stated as the ground; whoever files a request that has one ground only states it by that."""
    codes = [ground.code for ground in entry.grounds]
    if "grounds" not in entry.asks:
        return tuple(codes)
    stated = _many(reader, "grounds", codes)
    if not stated:
        reader.errors.setdefault("grounds", _("あてはまるものを1つ以上選んでください。"))
    return stated


def _wanted(reader: _Reader, name: str, codes: Collection[str], note: str) -> tuple[bool, tuple[str, ...]]:
    """Everything, or what was chosen under ``name``; an explanation may stand for a choice."""
    everything = reader.answers.get("wants_everything", True)
    if not isinstance(everything, bool):
        reader.errors["wants_everything"] = NOT_A_CHOICE
    if everything is not False:
        return True, ()
    chosen = _many(reader, name, codes)
    if not chosen and not note:
        reader.errors.setdefault(name, _("項目を選ぶか、説明を書いてください。「すべて」も選べます。"))
    return False, chosen


def _changes(reader: _Reader, entry: RequestType, item_codes: Collection[str]) -> tuple[ChangeAnswers, ...]:
    """The rows that have something in them; a row without an item, or without what it should be, is told."""
    rows = reader.answers.get("change_rows", 1)
    if not isinstance(rows, int) or not 1 <= rows <= CHANGE_ROWS:
        reader.errors["change_rows"] = NOT_READABLE
        return ()
    found = []
    for row in range(rows):
        texts = {part: reader.note(f"{part}_{row}", CHANGE_LENGTH) for part in ("present", "wanted", "why")}
        item = reader.answers.get(f"item_{row}") or ""
        if not item and not any(texts.values()):
            continue
        if item not in item_codes:
            reader.errors.setdefault(f"item_{row}", NOT_A_CHOICE if item else REQUIRED)
        if entry.code != "deletion" and not texts["wanted"]:
            reader.errors.setdefault(f"wanted_{row}", REQUIRED)
        found.append(ChangeAnswers(item=item, **texts))
    if not found:
        reader.errors.setdefault("item_0", REQUIRED)
    return tuple(found)


def _need_address(reader: _Reader, prefix: str, party: PartyAnswers) -> None:
    """Paper goes to whoever fills in the form. An address abroad has no prefecture and keeps its code in the text."""
    names = ("postal_code", "address1") if party.prefecture else ("address1",)
    for name in names:
        if not getattr(party, name):
            reader.errors.setdefault(f"{prefix}{name}", _("書面をお送りするために必要です。"))


def read_answers(
    answers: Mapping[str, Any],
    *,
    entry: RequestType,
    item_codes: Collection[str],
    purpose_codes: Collection[str] = (),
    methods: Collection[str] = METHODS,
    today: date,
) -> tuple[CleanAnswers, Errors]:
    """Read the answers; usable only when there are no errors.

    Args:
        answers: as the form collected them, keys as in ``services.intake``.
        entry: the type; what it does not ask is not read.
        purpose_codes: codes of the purposes that can be chosen.
        methods: the ways of an answer that the operator offers.
        today: no day of birth is after it.
        item_codes: codes of the data items that can be chosen. Nobody is forced to choose: everything is the default
            (article 37(2): the operator may ask for what helps to find the data, not for a narrower request).

    Returns:
        The answers in one spelling, and for each field that is wrong what is wrong with it, in the active language.
    """
    reader = _Reader(answers, today)
    requester = reader.choice("requester", ASKERS)
    role = ASKERS[requester].role if requester else ""
    principal = _party(reader, "")
    # Whoever went back and became the person themselves leaves the agent's fields behind: they are not kept.
    agent = _party(reader, AGENT_PREFIX) if role and role != "person" else None
    note = reader.note("wanted_note", NOTE_LENGTH)
    if not note and "details" in entry.asks and not entry.needs_identity:
        reader.errors.setdefault("wanted_note", REQUIRED)
    everything = True
    items: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    if "wanted" in entry.asks:
        everything, items = _wanted(reader, "wanted_items", item_codes, note)
    elif "purposes" in entry.asks:
        everything, purposes = _wanted(reader, "wanted_purposes", purpose_codes, note)
    method = reader.choice("answer_method", methods)
    method_note = reader.note("answer_method_note", METHOD_NOTE_LENGTH)
    if method == "other" and not method_note:
        reader.errors.setdefault("answer_method_note", REQUIRED)
    if method == "paper":
        _need_address(reader, *((AGENT_PREFIX, agent) if agent else ("", principal)))
    clean = CleanAnswers(
        requester=requester,
        role=role,
        principal=principal,
        agent=agent,
        grounds=_grounds(reader, entry),
        wants_everything=everything,
        wanted_items=items,
        wanted_purposes=purposes,
        wanted_note=note,
        changes=_changes(reader, entry, item_codes) if "changes" in entry.asks else (),
        answer_method=method,
        answer_method_note=method_note,
    )
    return clean, reader.errors
