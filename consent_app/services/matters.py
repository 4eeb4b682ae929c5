"""The matters made knowable (article 32(1)): what the registers say, publishing it, and keeping what was said."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any, Final

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain import matters
from ..domain.countries import country_name
from ..domain.duties import HOME_COUNTRY
from ..domain.matters import Facts, Matter
from ..domain.request_words import REQUEST_WORDS
from ..models import MattersVersion, Operator, Purpose, Subcontractor
from ..public_words import channel_words, cost

LANGUAGES: Final = ("ja", "en")
# Language -> sections of the page.
Section = dict[str, Any]
Content = dict[str, list[Section]]


class MattersError(Exception):
    """It cannot be published now; the message tells staff why."""


class Incomplete(MattersError):
    """Something that the law wants is missing."""

    def __init__(self, missing: tuple[Matter, ...]) -> None:
        self.missing = missing
        super().__init__(_("足りない事項があるため、公表できません。"))


def facts() -> Facts:
    """What the registers say, for the question whether it is complete."""
    operator = Operator.objects.first()
    rules = list(selectors.offered_rules())
    return Facts(
        name=operator.name_ja if operator else "",
        address=operator.address_ja if operator else "",
        representative=operator.representative_ja if operator else "",
        purposes=Purpose.objects.filter(active=True, part_of=None).count(),
        offered=frozenset(rule.request_type for rule in rules),
        ways=len(channel_words(operator, operator.channels)) if operator else 0,
        complaint_ways=len(channel_words(operator, operator.complaint_channels)) if operator else 0,
        measures=frozenset(one.measure_class for one in selectors.public_measures() if one.text_ja.strip()),
        abroad=Subcontractor.objects.filter(active=True).exclude(country=HOME_COUNTRY).exists(),
        accredited=operator.accredited_name_ja if operator else "",
        accredited_contact=operator.accredited_contact_ja if operator else "",
    )


def missing() -> tuple[Matter, ...]:
    """What publishing waits for."""
    return matters.missing(facts())


def sections() -> list[Section]:
    """What the page says now, in the active language; a section without anything to say is left out."""
    operator = Operator.objects.first()
    if operator is None:
        return []
    postal = f"〒{operator.postal_code} " if translation.get_language() == "ja" and operator.postal_code else ""
    rules = {rule.request_type: rule for rule in selectors.offered_rules()}
    found = [
        ("name", _("事業者の名称"), [operator.name]),
        ("address", _("住所"), [postal + operator.address if operator.address else ""]),
        ("representative", _("代表者"), [operator.representative]),
        ("purposes", _("利用目的"), _purposes()),
        (
            "requests",
            _("請求の手続と手数料"),
            [
                _("%(what)s：%(text)s") % {"what": words.term, "text": cost(rules[code])}
                for code, words in REQUEST_WORDS.items()
                if code in rules
            ],
        ),
        ("ways", _("請求の受付方法"), _ways(operator, operator.channels)),
        ("measures", _("安全管理のための措置"), _measures()),
        ("abroad", _("個人データを扱う外国"), _countries()),
        ("complaints", _("苦情の申出先"), _ways(operator, operator.complaint_channels)),
        (
            "accredited",
            _("認定個人情報保護団体と苦情の解決の申出先"),
            [operator.accredited_name, operator.accredited_contact],
        ),
    ]
    said = [
        {"code": code, "heading": heading, "lines": [line for line in lines if line]} for code, heading, lines in found
    ]
    return [section for section in said if section["lines"]]


def content() -> Content:
    """What the page says now, in both languages."""
    found: Content = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = sections()
    return found


def digest(said: Content) -> str:
    """A short name of a content, by which a form knows what the person saw."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def as_text(said: list[Section]) -> str:
    """One language of a content, line by line, to be compared."""
    return "\n".join(line for section in said for line in (f"【{section['heading']}】", *section["lines"]))


def newest() -> MattersVersion | None:
    """The newest version, whoever made it; None before the first publication."""
    return MattersVersion.objects.select_related("made_by").first()


def newest_published() -> MattersVersion | None:
    """The newest version that a member of staff looked at and published."""
    return MattersVersion.objects.filter(automatic=False).first()


def publish(*, seen: str, actor: User, now: datetime.datetime) -> MattersVersion:
    """Make what the registers say now knowable, as the person has seen it.

    Args:
        seen: the digest of what the person looked at.

    Raises:
        Incomplete: something is missing.
        MattersError: the registers have changed since, or nothing has changed since the last publication.
    """
    with transaction.atomic():
        _one_at_a_time()
        lacking = missing()
        if lacking:
            raise Incomplete(lacking)
        said = content()
        if digest(said) != seen:
            raise MattersError(_("確かめている間に台帳が変わりました。もう一度、内容を確かめてください。"))
        before = newest_published()
        if before is not None and before.content == said:
            raise MattersError(_("前に公表した内容から変わっていません。"))
        made = MattersVersion.objects.create(
            number=_next_number(), content=said, automatic=False, made_at=now, made_by=actor
        )
        audit.record(action="matters.published", actor=actor, obj=made, detail={"number": made.number})
    return made


def record_changes(*, now: datetime.datetime) -> MattersVersion | None:
    """Keep what the page says where it has changed since it was last kept. For a worker; may run twice."""
    with transaction.atomic():
        _one_at_a_time()
        before = newest()
        if before is None:
            return None
        said = content()
        if before.content == said:
            return None
        made = MattersVersion.objects.create(number=before.number + 1, content=said, automatic=True, made_at=now)
        audit.record(action="matters.recorded", actor="worker", obj=made, detail={"number": made.number})
    return made


def changed_since_published() -> bool:
    """Whether the page says something else than what staff published last."""
    before = newest_published()
    return before is not None and before.content != content()


def _next_number() -> int:
    last = newest()
    return last.number + 1 if last else 1


def _one_at_a_time() -> None:
    """Two at once would give two versions one number or say the same twice."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {MattersVersion._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _purposes() -> list[str]:
    return [purpose.text for purpose in Purpose.objects.filter(active=True, part_of=None)]


def _ways(operator: Operator, channels: list[str]) -> list[str]:
    ways = [_("%(what)s：%(text)s") % {"what": way.name, "text": way.text} for way in channel_words(operator, channels)]
    if operator.hours and ways:
        ways.append(_("受付時間：%(hours)s") % {"hours": operator.hours})
    return ways


def _measures() -> list[str]:
    return [
        _("%(what)s：%(text)s") % {"what": one.get_measure_class_display(), "text": one.text}
        for one in selectors.public_measures()
        if one.text.strip()
    ]


def _countries() -> list[str]:
    abroad = Subcontractor.objects.filter(active=True).exclude(country=HOME_COUNTRY).order_by("country")
    return [country_name(code) for code in dict.fromkeys(abroad.values_list("country", flat=True))]
