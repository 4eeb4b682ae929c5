"""The notice of a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent_app.domain.articles import article_text
from consent_app.domain.erasure import COUNTED
from consent_app.models import DataItem, Purpose, RefusalGround
from privacy_portal.core.localized import localized
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files

from ..domain.request_types import REQUEST_TYPES
from ..models import Decision, DisclosureRequest, RequestedChange
from ..models.decision import POSITIVE
from ..selectors_found import followed
from . import changes, effects, evidence_state, provision_answers, typesetting


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What a decision letter says, whether the decision is made already or only considered."""

    request: DisclosureRequest
    outcome: str
    article: str
    ground: str
    reason: str
    measure: str
    withheld: Sequence[DataItem | Purpose]
    decided_on: date
    available_until: date | None
    at: datetime
    own_ground: RefusalGround | None = None
    part_grounds: Mapping[str, str] = field(default_factory=dict)


def withheld_words(
    request_type: str, withheld: Sequence[DataItem | Purpose], ground: str, parts: Mapping[str, str]
) -> list[str]:
    """What is not granted, in the active language; each with its own ground where they differ.

    Args:
        ground: of everything that ``parts`` does not name.
        parts: code of an item or purpose -> its ground.
    """
    if not parts:
        return [str(entry) for entry in withheld]
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    known = {one.code: one for one in REQUEST_TYPES[request_type].refusals}
    found = []
    for entry in withheld:
        refusal = known[parts.get(entry.code, ground)]
        values = {"what": entry, "article": article_text(refusal.article, language), "ground": refusal.text}
        found.append(_("%(what)s（%(article)s：%(ground)s）") % values)
    return found


def _ground_words(content: LetterContent) -> str:
    """The ground of the law, with that of the operator's policy beside it."""
    refusals = REQUEST_TYPES[content.request.request_type].refusals
    refusal = next((row for row in refusals if row.code == content.ground), None)
    if refusal is None:
        return ""
    if content.own_ground is None:
        return str(refusal.text)
    return _("%(law)s（当社の定め：%(own)s）") % {"law": refusal.text, "own": content.own_ground}


def _purposes(content: LetterContent, language: str) -> list[str]:
    """The purposes that the letter names: those of the data, or those that are stopped."""
    effect = REQUEST_TYPES[content.request.request_type].effect
    if content.outcome not in POSITIVE:
        return []
    if effect == "purposes":
        named = effects.purposes_told(content.request)
    elif effect == "stop_use":
        named = effects.purposes_stopped(content.request, {one.pk for one in content.withheld})
    else:
        return []
    return [localized(purpose, "text", language) for purpose in named]


def _changes(content: LetterContent, language: str) -> list[dict[str, str]]:
    """What was changed with the new content (article 34(3)), and what was not with the finding."""
    if REQUEST_TYPES[content.request.request_type].effect != "change":
        return []
    rows = content.request.changes.select_related("item", "request__customer")
    return [
        {
            "item": str(row.item),
            "accepted": "yes" if row.accepted else "",
            "text": _new_words(row, language) if row.accepted else row.finding or "",
        }
        for row in rows
        if row.accepted is not None
    ]


def _new_words(change: RequestedChange, language: str) -> str:
    born = change.values.get("birth_date")
    return typesetting.date_words(date.fromisoformat(born), language) if born else changes.new_words(change)


def _ledger(content: LetterContent, language: str) -> dict[str, Any]:
    """The records of provisions and receipts that the letter names (article 33(5))."""
    customer = content.request.customer
    effect = REQUEST_TYPES[content.request.request_type].effect
    if effect != "provision_records" or content.outcome not in POSITIVE or customer is None:
        return {"few": True, "provided": [], "received": []}
    items = [entry for entry in content.withheld if isinstance(entry, DataItem)]
    return provision_answers.ledger_answer(customer, items).for_letter(language)


def _erasure(content: LetterContent, language: str) -> dict[str, list[str]]:
    """What is erased now, and what on which later day because a law has it kept."""
    if REQUEST_TYPES[content.request.request_type].effect != "erase" or content.outcome not in POSITIVE:
        return {"erased": [], "later": []}
    found = effects.erasure_preview(content.request, {one.code for one in content.withheld}, content.at)
    items = {item.code: item for item in DataItem.objects.filter(code__in=found.items)}
    named = [localized(items[code], "name", language) for code in found.items if code in items]
    return {
        "erased": [*named, *(str(words) for words, _number in found.lines if words is not COUNTED["items"])],
        "later": [
            _("%(what)s：%(day)sに消去します")
            % {"what": later.words, "day": typesetting.date_words(later.until, language)}
            for later in found.later
        ],
    }


def _by_hand(content: LetterContent, language: str) -> dict[str, Any]:
    """What staff found by hand and others are told to change or erase: it is not done yet when the letter is written.

    Where it lies is the operator's own affair.
    """
    request = content.request
    rows = followed(request, {one.code for one in content.withheld}) if content.outcome in POSITIVE else []
    named = [localized(row.item, "name", language) if row.item else _("書類などとして保有しているもの") for row in rows]
    elsewhere = request.customer_id is not None or request.gift_links.exists()
    return {"by_hand": list(dict.fromkeys(named)), "only_by_hand": bool(rows) and not elsewhere}


def decision_letter(content: LetterContent) -> bytes:
    """The notice of a decision (articles 32(3), 33(3), 34(3), 35(7), 36) as a PDF in the person's language."""
    return typesetting.typeset(*template_and_data(content))


def kept_letter(*, decision: Decision, available_until: date, at: datetime) -> EncryptedFile:
    """The letter of a decision as an encrypted file.

    Args:
        available_until: the last day on which the answer's files can be opened.
        at: from when what is held and recorded is read.
    """
    content = LetterContent(
        request=decision.request,
        outcome=decision.outcome,
        article=decision.article,
        ground=decision.ground,
        own_ground=decision.own_ground,
        part_grounds=decision.part_grounds,
        reason=decision.reason or "",
        measure=decision.measure or "",
        withheld=[*decision.withheld_items.all(), *decision.withheld_purposes.all()],
        decided_on=timezone.localdate(decision.decided_at),
        available_until=available_until,
        at=at,
    )
    name = f"{decision.request.receipt_number}-notice.pdf"
    with files.create(name=name, content_type="application/pdf") as writer:
        writer.write(decision_letter(content))
    return writer.file


def template_and_data(content: LetterContent) -> tuple[str, dict[str, Any]]:
    """The text of a notice, as a file of ``templates/letters``, and the values that go into it."""
    return f"{content.request.language}/{REQUEST_TYPES[content.request.request_type].letter}.typ", _data(content)


def unprintable(content: LetterContent) -> str:
    """The characters of a letter that cannot be printed, each once; mostly none."""
    return typesetting.unprintable(_data(content))


def _data(content: LetterContent) -> dict[str, Any]:
    request = content.request
    language = request.language
    request_type = REQUEST_TYPES[request.request_type]
    refusal = next((row for row in request_type.refusals if row.code == content.ground), None)
    with translation.override(language):
        return {
            **typesetting.frame(
                request,
                on=content.decided_on,
                title=_("%(type)sについて（通知）") % {"type": request_type.name},
                language=language,
                to=evidence_state.addressee(request),
            ),
            "received_on": typesetting.date_words(timezone.localdate(request.received_at), language),
            "type_name": str(request_type.name),
            "outcome": content.outcome,
            "answer_method": request.answer_method,
            "available_until": typesetting.date_words(content.available_until, language)
            if content.available_until
            else "",
            "article_text": article_text(content.article, language),
            "ground_text": _ground_words(content),
            "ground_article_text": article_text(refusal.article, language) if refusal else "",
            "withheld": withheld_words(request.request_type, content.withheld, content.ground, content.part_grounds),
            "measure": content.measure,
            "type": request.request_type,
            "suit": request_type.suit_waits,
            "purposes": _purposes(content, language),
            "reason": content.reason,
            "changes": _changes(content, language),
            "ledger": _ledger(content, language),
            **_erasure(content, language),
            **_by_hand(content, language),
        }
