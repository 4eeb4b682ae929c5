"""What a person reads before they consent, and the versions of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.consent_change import Asked, is_material
from ..models import Purpose, PurposeVersion


class VersionError(Exception):
    """The version cannot be judged like this; the message tells a person why."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is shown beside the button, in one language."""

    purpose: str
    explanation: str
    items: str
    given: str
    not_given: str
    provided_to: str

    @property
    def text(self) -> str:
        """As it is kept with the consent."""
        lines = (self.purpose, self.explanation, self.items, self.provided_to, self.given, self.not_given)
        return "\n".join(line for line in lines if line)

    @property
    def version(self) -> str:
        """Names exactly this text: 32 hexadecimal digits of its SHA-256."""
        return digest(self.text)


def digest(text: str) -> str:
    """The name of a text: 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def wording(purpose: Purpose) -> Wording:
    """What the page says about a purpose, in the active language."""
    items = _("、").join(item.name for item in purpose.items.all() if item.active)
    return Wording(
        purpose=purpose.text,
        explanation=purpose.explanation,
        items=_("使う情報：%(items)s") % {"items": items} if items else "",
        provided_to=_("渡す相手：%(name)s") % {"name": purpose.provided_to} if purpose.provided_to else "",
        given=_given(purpose),
        not_given=_(
            "同意しないとき、取り下げたあとは、この目的には使いません。ほかのサービスはそのまま使えます。"
            "取り下げる前に行った利用は、取り消されません。"
        ),
    )


def _given(purpose: Purpose) -> str:
    if purpose.valid_months is None:
        return _("同意すると、この目的に使います。いつでも取り下げられます。")
    months = purpose.valid_months
    return ngettext(
        "同意すると、%(months)dか月のあいだ、この目的に使います。いつでも取り下げられます。",
        "同意すると、%(months)dか月のあいだ、この目的に使います。いつでも取り下げられます。",
        months,
    ) % {"months": months}


def keep_version(*, purpose: Purpose, now: datetime) -> PurposeVersion:
    """The version of what is shown now; a new one where the text has changed.

    Whether the change is material follows from what changed (:func:`consent_app.domain.consent_change.is_material`).
    """
    shown = {}
    for language in ("ja", "en"):
        with translation.override(language):
            shown[language] = wording(purpose).text
    with transaction.atomic():
        # Two that keep the first version at once would both find none.
        Purpose.objects.select_for_update().only("pk").get(pk=purpose.pk)
        last = PurposeVersion.objects.filter(purpose=purpose).order_by("-number").first()
        if last is not None and (last.shown_ja, last.shown_en) == (shown["ja"], shown["en"]):
            return last
        asked = _asked(purpose)
        return PurposeVersion.objects.create(
            purpose=purpose,
            number=last.number + 1 if last else 1,
            since=max(now, last.since + timedelta(microseconds=1)) if last else now,
            shown_ja=shown["ja"],
            shown_en=shown["en"],
            text_ja=asked.text_ja,
            text_en=asked.text_en,
            explanation_ja=asked.explanation_ja,
            explanation_en=asked.explanation_en,
            items=sorted(asked.items),
            provided_to=asked.provided_to,
            material=last is not None and is_material(_asked_before(last), asked),
        )


def judge(*, version: PurposeVersion, reason: str, actor: User, now: datetime) -> PurposeVersion:
    """A person says that a change of words changed no meaning: earlier consents cover what is asked now.

    Only this way round. That a change which the rule took for harmless was material after all is answered by changing
    the text, which asks everybody anew.

    Raises:
        VersionError: no reason, or the version counts as no change of meaning already.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise VersionError(_("意味が変わらないと判断した理由を書いてください。"))
    with transaction.atomic():
        row = PurposeVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        if not row.material:
            raise VersionError(_("この版は、意味が変わらない変更になっています。"))
        row.material = False
        row.judged_by, row.judged_at, row.judgement = actor, now, reason[:300]
        row.save(update_fields=["material", "judged_by", "judged_at", "judgement"])
        audit.record(action="purpose_version.judged", actor=actor, obj=row, detail={"number": row.number})
    return row


def _asked(purpose: Purpose) -> Asked:
    return Asked(
        text_ja=purpose.text_ja,
        text_en=purpose.text_en,
        explanation_ja=purpose.explanation_ja,
        explanation_en=purpose.explanation_en,
        items=frozenset(item.code for item in purpose.items.all() if item.active),
        provided_to=purpose.provided_to,
    )


def _asked_before(version: PurposeVersion) -> Asked:
    return Asked(
        text_ja=version.text_ja,
        text_en=version.text_en,
        explanation_ja=version.explanation_ja,
        explanation_en=version.explanation_en,
        items=frozenset(version.items),
        provided_to=version.provided_to,
    )
