"""THE table of how identity is checked: each means, what it proves, how strong it is, and which level it reaches.

The operator's rule for a type (``consent_app.RequestRule.identity_level``) names the level; Article 37(2) and (4) want
that to be no heavier than what is held deserves. The procedure page, the admin and docs/decisions/identity-levels.md
read this table; ``services`` ask :func:`reached`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Level(models.IntegerChoices):
    """How sure it has to be. The numbers are those of the operator's rules."""

    NONE = 0, _("確認なし")
    ADDRESS = 1, _("水準1：メールアドレス")
    FACTS = 2, _("水準2：登録された方であること")
    DOCUMENTS = 3, _("水準3：公的な書類")


class Strength(models.IntegerChoices):
    """How hard it is for somebody else to pass."""

    WEAK = 1, _("弱い")
    FAIR = 2, _("中くらい")
    STRONG = 3, _("強い")


class Means(models.TextChoices):
    """A way of checking; the values are those of ``IdentityCheck.Method``."""

    EMAIL_CODE = "email_code", _("メールのコード")
    FACTS = "facts", _("登録情報との照合")
    POST_CODE = "post_code", _("登録された住所に郵送するコード")
    CALL_BACK = "call_back", _("登録された電話番号へのかけ直し")
    COUNTER = "counter", _("窓口での書類の提示")
    DOCUMENTS = "documents", _("書類の写し")


@dataclass(frozen=True, slots=True)
class MeansRow:
    """A means: what passing it proves, and what somebody else needs to pass it all the same.

    Args:
        asks: what the person does or meets, for the page of the procedure.
    """

    means: Means
    proves: _StrPromise | str
    against: _StrPromise | str
    strength: Strength
    asks: _StrPromise | str


MEANS: Final[dict[Means, MeansRow]] = {
    row.means: row
    for row in (
        MeansRow(
            Means.EMAIL_CODE,
            _("登録されたメールアドレスのメールを読めること"),
            _("その人のメールを読める人"),
            Strength.WEAK,
            _("メールで届くコードを入力していただきます。"),
        ),
        MeansRow(
            Means.FACTS,
            _("登録された氏名、電話番号、住所を知っていること"),
            _("荷物の送り状を見た人"),
            Strength.WEAK,
            _("お書きいただいた氏名や住所などを、登録されている内容と比べます。"),
        ),
        MeansRow(
            Means.POST_CODE,
            _("登録された住所に届く手紙を受け取れること"),
            _("その住所の郵便を開ける人"),
            Strength.FAIR,
            _("登録された住所に書留でお送りする手紙のコードを、入力していただきます。"),
        ),
        MeansRow(
            Means.CALL_BACK,
            _("登録された電話番号に出て、質問に答えられること"),
            _("その電話に出られ、答えを知っている人"),
            Strength.FAIR,
            _("登録された電話番号に担当者から電話し、登録の内容をいくつかおたずねします。"),
        ),
        MeansRow(
            Means.DOCUMENTS,
            _("氏名、住所、生年月日が公的な書類と同じこと"),
            _("その人の書類を持っている人"),
            Strength.STRONG,
            _("下の書類のどれか1つの写しをお送りいただきます。"),
        ),
        MeansRow(
            Means.COUNTER,
            _("公的な書類の原本を持ち、その人として来たこと"),
            _("書類を偽造し、窓口に来る人"),
            Strength.STRONG,
            _("顔写真のある書類を、窓口でお見せいただきます。写しはとりません。"),
        ),
    )
}

# Means that together reach a level, each on its own line; the rest reaches less. Facts stand on every parcel, so that
# alone they are worth nothing, and a telephone is answered by whoever is at home.
REACHES: Final[tuple[tuple[frozenset[Means], Level], ...]] = (
    (frozenset({Means.EMAIL_CODE}), Level.ADDRESS),
    (frozenset({Means.EMAIL_CODE, Means.FACTS}), Level.FACTS),
    (frozenset({Means.POST_CODE}), Level.FACTS),
    (frozenset({Means.CALL_BACK, Means.FACTS}), Level.FACTS),
    (frozenset({Means.CALL_BACK, Means.EMAIL_CODE}), Level.FACTS),
    (frozenset({Means.DOCUMENTS}), Level.DOCUMENTS),
    (frozenset({Means.COUNTER}), Level.DOCUMENTS),
)

# What everybody goes through for a type of a level, in this order; whatever else reaches it comes where that fails.
ORDINARY: Final[dict[Level, tuple[Means, ...]]] = {
    Level.ADDRESS: (Means.EMAIL_CODE,),
    Level.FACTS: (Means.EMAIL_CODE, Means.FACTS),
    Level.DOCUMENTS: (Means.EMAIL_CODE, Means.FACTS, Means.DOCUMENTS),
}
# Those that every operator uses; the others are the profile's choice (``Operator.identity_means``).
ALWAYS: Final = frozenset({Means.EMAIL_CODE, Means.FACTS, Means.DOCUMENTS})


def reached(passed: Collection[str]) -> Level:
    """The highest level that the means that were passed reach, alone or together."""
    return max((level for means, level in REACHES if means <= set(passed)), default=Level.NONE)


def reaching(level: int) -> list[frozenset[Means]]:
    """Every way to reach at least ``level``, as the table has them."""
    return [means for means, reaches in REACHES if reaches >= level]


def ordinary(level: int) -> tuple[Means, ...]:
    """What everybody goes through for a type of ``level``."""
    return ORDINARY[Level(max(level, Level.ADDRESS))]


def otherwise(level: int, offered: Collection[str]) -> list[Means]:
    """What else reaches ``level`` where the ordinary way fails, of the means that the operator uses."""
    ways = [way for way in reaching(max(level, Level.ADDRESS)) if way <= set(offered)]
    # Facts alone are never asked for: they only stand beside another means.
    others = set().union(*ways) - set(ordinary(level)) - {Means.FACTS}
    return [means for means in MEANS if means in others]
