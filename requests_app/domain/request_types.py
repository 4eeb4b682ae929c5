"""THE table of request types: what the law says of each. Forms, admin, letters, tests and help texts read it.

Adding a type is an entry here, its words in ``consent_app.domain.request_words``, the text of its letter, and its
effect in ``services.effects``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from consent_app.domain.request_words import REQUEST_WORDS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Ground:
    """What the person states as the reason why they may ask (articles 34(1), 35(1), (3), (5))."""

    code: str
    article: str
    text: _StrPromise | str
    help: _StrPromise | str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A ground on which the law lets the operator refuse in whole or in part, or take another measure instead.

    Args:
        against: the articles of the stated grounds that it answers; empty: every request of the type.
        instead: it does not refuse by itself, it only lets a measure be taken that protects the person in another way.
    """

    code: str
    article: str
    text: _StrPromise | str
    help: _StrPromise | str
    against: tuple[str, ...] = ()
    instead: bool = False


@dataclass(frozen=True, slots=True)
class RequestType:
    """One right of the principal, or the duty to answer complaints and inquiries.

    Args:
        code: as in the operator's profile.
        article: that gives the right.
        outcome_articles: outcome of a decision -> article under which the operator answers so. An outcome that is not
            here does not exist for the type.
        description: one sentence for the person.
        asks: the subjects of the form after who asks, in order (``portal.wizard`` has a page for each).
        effect: what a positive decision does; ``services.effects`` has one function for each.
        letter: the text of the notice, a file of ``templates/letters/<language>/``.
        fee_allowed: whether article 38 lets a fee be charged.
        needs_identity: whether something is shown or done that only the person may ask for.
        suit_waits: whether article 39 bars a suit for two weeks.
        grounds: what the person may state; where there are any, one of them must be stated.
        told: outcomes that are told in the operator's own words, which are therefore required.
    """

    code: str
    article: str
    outcome_articles: Mapping[str, str]
    description: _StrPromise | str
    asks: tuple[str, ...]
    effect: str
    letter: str
    fee_allowed: bool = False
    needs_identity: bool = True
    suit_waits: bool = False
    grounds: tuple[Ground, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    told: frozenset[str] = frozenset()

    @property
    def name(self) -> _StrPromise:
        """The term of the law."""
        return REQUEST_WORDS[self.code].term

    @property
    def plain_name(self) -> _StrPromise:
        """What the person wants, in plain words."""
        return REQUEST_WORDS[self.code].plain


_FIND = ("name", "contact", "records")


def _outcomes(granted: str, notified: str, *also: str) -> dict[str, str]:
    """Outcomes of a right: granted under one article, everything else notified under another.

    Article 37(1) lets the operator set how requests come in and how the person is identified (Cabinet Order 12).
    """
    return {
        "granted": granted,
        "partly": notified,
        **dict.fromkeys(also, notified),
        "refused": notified,
        "no_such_data": notified,
        "not_valid": "37(1)",
        "identity_not_confirmed": "37(1)",
    }


def _harm(article: str) -> Refusal:
    return Refusal(
        "harm_to_person",
        article,
        _("本人または第三者の生命、身体、財産その他の権利利益を害するおそれがある"),
        _("たとえば、ほかの人の個人情報や安全にかかわる記録が含まれる場合です。"),
    )


_HINDRANCE_TEXT = _("業務の適正な実施に著しい支障を及ぼすおそれがある")
_HINDRANCE_HELP = _("量が多いことだけでは理由になりません。著しい支障が必要です。")

_DISCLOSURE_REFUSALS = (
    _harm("33(2)i"),
    Refusal("business_hindrance", "33(2)ii", _HINDRANCE_TEXT, _HINDRANCE_HELP),
    Refusal(
        "other_law_breached",
        "33(2)iii",
        _("ほかの法令に違反することになる"),
        _("開示を禁じる法令の名前と条文を理由に書いてください。"),
    ),
    Refusal(
        "other_law_procedure",
        "33(4)",
        _("ほかの法令により、同じ方法で開示する特別な手続がある"),
        _("その手続を理由に書き、どこで請求できるかを知らせてください。"),
    ),
)

PURPOSE_NOTICE = RequestType(
    code="purpose_notice",
    article="32(2)",
    outcome_articles={key: value for key, value in _outcomes("32(2)", "32(3)").items() if key != "partly"},
    description=_("持っている個人データを、何のために使っているかをお知らせします（利用目的の通知）。"),
    asks=(*_FIND, "wanted", "method"),
    effect="purposes",
    letter="purpose_notice",
    fee_allowed=True,
    refusals=(
        Refusal(
            "already_clear",
            "32(2)i",
            _("公表などにより、利用目的が明らかである"),
            _("どこに書いてあるかを理由に書いてください。"),
        ),
        _harm("21(4)i"),
        Refusal(
            "operator_rights",
            "21(4)ii",
            _("事業者の権利または正当な利益を害するおそれがある"),
            _("どの権利や利益が、どのように害されるかを書いてください。"),
        ),
        Refusal(
            "public_body",
            "21(4)iii",
            _("国の機関などが法令の定める事務を行うのに協力する必要があり、その事務に支障を及ぼすおそれがある"),
            _("支障の内容を明かさずに書ける範囲で書いてください。"),
        ),
    ),
)

DISCLOSURE = RequestType(
    code="disclosure",
    article="33(1)",
    outcome_articles=_outcomes("33(2)", "33(3)"),
    description=_("あなたについて持っている個人データを、そのままお知らせします（開示）。"),
    asks=(*_FIND, "wanted", "method"),
    effect="package",
    letter="disclosure",
    fee_allowed=True,
    suit_waits=True,
    refusals=_DISCLOSURE_REFUSALS,
)

PROVISION_RECORDS = RequestType(
    code="provision_records",
    article="33(5)",
    outcome_articles=_outcomes("33(5)", "33(3)"),
    description=_(
        "あなたの個人データをだれに渡し、だれから受け取ったかの記録をお知らせします（第三者提供記録の開示）。"
    ),
    asks=(*_FIND, "details", "method"),
    effect="provision_records",
    letter="provision_records",
    fee_allowed=True,
    suit_waits=True,
    refusals=(
        *_DISCLOSURE_REFUSALS,
        Refusal(
            "outside_the_right",
            "33(5)",
            _("記録があるかどうかが明らかになると、生命や身体、国の安全、犯罪の予防や捜査などが害されるおそれがある"),
            _("政令第11条の記録です。記録があるかどうかも答えません。"),
        ),
    ),
)

_UNTRUE = Ground(
    "untrue",
    "34(1)",
    _("登録されている内容が事実と違う"),
    _("どこがどう違うかを、項目ごとにおたずねします。"),
)
_CHANGE_REFUSALS = (
    Refusal("content_true", "34(2)", _("内容が事実である"), _("調べた方法と結果を理由に書いてください。")),
    Refusal(
        "not_needed",
        "34(2)",
        _("利用目的の達成に必要な範囲を超える"),
        _("その項目を使う利用目的がなく、直す必要がない場合です。"),
    ),
    Refusal(
        "special_procedure",
        "34(2)",
        _("ほかの法令に特別の手続がある"),
        _("その法令と手続を書いてください。"),
    ),
)


def _change(code: str, description: _StrPromise) -> RequestType:
    return RequestType(
        code=code,
        article="34(1)",
        outcome_articles=_outcomes("34(3)", "34(3)"),
        description=description,
        asks=(*_FIND, "changes", "method"),
        effect="change",
        letter="change",
        suit_waits=True,
        grounds=(_UNTRUE,),
        refusals=_CHANGE_REFUSALS,
    )


CORRECTION = _change("correction", _("事実と違う個人データを、調べたうえで直します（訂正）。"))
ADDITION = _change("addition", _("足りない個人データを、調べたうえで加えます（追加）。"))
DELETION = _change("deletion", _("事実と違う個人データを、調べたうえで消します（削除）。"))

_NEWER_GROUNDS = (
    Ground(
        "no_longer_needed",
        "35(5)",
        _("もう使う必要がないはずだ"),
        _("たとえば、退会した、キャンペーンが終わった、取引が終わった場合です。"),
    ),
    Ground(
        "breach_happened",
        "35(5)",
        _("重大な漏えいなどがあった"),
        _("国への報告が必要な漏えいなどに、あなたのデータが含まれた場合です。"),
    ),
    Ground(
        "interests_harmed",
        "35(5)",
        _("権利や正当な利益が害されるおそれがある"),
        _("たとえば、断っても案内が届く、知られたくない相手に住所を知られるおそれがある場合です。"),
    ),
)


def _stop_refusals(right: str, first: str) -> tuple[Refusal, ...]:
    """Refusals of a right under 35(1) or 35(3) (articles 35(2), 35(4)) and under 35(5) (article 35(6)).

    Which of them count depends on what the person stated.
    """
    older, newer, second = (right,), ("35(5)",), "35(6)"
    return (
        Refusal(
            "claim_wrong",
            first,
            _("違反の事実がない"),
            _("調べた内容を書いてください。同意の記録や利用目的を示します。"),
            older,
        ),
        Refusal(
            "costly_or_difficult",
            first,
            _("多額の費用がかかるなど、応じるのが難しい"),
            _("本人の権利利益を守るための、代わりの措置をとる場合だけです。"),
            older,
            instead=True,
        ),
        Refusal(
            "newer_claim_wrong",
            second,
            _("申立てのような事情がない"),
            _("利用目的ごとに、まだ必要かどうかを確かめて書いてください。"),
            newer,
        ),
        Refusal(
            "not_needed_to_prevent",
            second,
            _("権利利益の侵害を防ぐために必要な限度を超える"),
            _("必要な限度では応じ、超える部分を断ります。"),
            newer,
        ),
        Refusal(
            "newer_costly_or_difficult",
            second,
            _("多額の費用がかかるなど、応じるのが難しい（必要な措置に代える場合）"),
            _("代わりの措置をとる場合だけです。例：法律で保存する期間が終わった日に消去すると約束する。"),
            newer,
            instead=True,
        ),
    )


_USE_GROUNDS = (
    Ground(
        "beyond_purpose",
        "35(1)",
        _("決められた目的の外で使われている"),
        _("第18条に反して使われている場合です。"),
    ),
    Ground(
        "improper_use",
        "35(1)",
        _("違法または不当な行為を助けるように使われている"),
        _("第19条に反して使われている場合です。"),
    ),
    Ground(
        "wrongful_acquisition",
        "35(1)",
        _("だましたり、必要な同意なしに取られたりした"),
        _("第20条に反して取られた場合です。"),
    ),
    *_NEWER_GROUNDS,
)

STOP_USE = RequestType(
    code="stop_use",
    article="35",
    outcome_articles=_outcomes("35(7)", "35(7)", "alternative"),
    description=_("個人データを使うのをやめます。目的を選ぶことも、すべてを選ぶこともできます（利用停止）。"),
    asks=(*_FIND, "grounds", "purposes", "method"),
    effect="stop_use",
    letter="stop",
    suit_waits=True,
    grounds=_USE_GROUNDS,
    refusals=_stop_refusals("35(1)", "35(2)"),
)

ERASURE = RequestType(
    code="erasure",
    article="35",
    outcome_articles=_outcomes("35(7)", "35(7)", "alternative"),
    description=_("個人データを消します。法律で保存しなければならないものは、その期間が終わってから消します（消去）。"),
    asks=(*_FIND, "grounds", "wanted", "method"),
    effect="erase",
    letter="stop",
    suit_waits=True,
    grounds=_USE_GROUNDS,
    refusals=_stop_refusals("35(1)", "35(2)"),
)

STOP_PROVISION = RequestType(
    code="stop_provision",
    article="35",
    outcome_articles={
        key: value for key, value in _outcomes("35(7)", "35(7)", "alternative").items() if key != "partly"
    },
    description=_("個人データをほかの会社などへ渡すのをやめます（第三者提供の停止）。"),
    asks=(*_FIND, "grounds", "method"),
    effect="stop_provision",
    letter="stop",
    suit_waits=True,
    grounds=(
        Ground(
            "without_consent",
            "35(3)",
            _("同意していないのに、ほかへ渡されている"),
            _("第27条第1項に反して渡されている場合です。"),
        ),
        Ground(
            "abroad_without_consent",
            "35(3)",
            _("同意していないのに、外国の相手へ渡されている"),
            _("第28条に反して渡されている場合です。"),
        ),
        *_NEWER_GROUNDS,
    ),
    refusals=_stop_refusals("35(3)", "35(4)"),
)

FOREIGN_MEASURES = RequestType(
    code="foreign_measures",
    article="28(3)",
    outcome_articles={
        "granted": "28(3)",
        "refused": "28(3)",
        "no_such_data": "28(3)",
        "not_valid": "37(1)",
        "identity_not_confirmed": "37(1)",
    },
    description=_("データを渡した外国の相手が、どのような体制でデータを守っているかをお知らせします。"),
    asks=(*_FIND, "details", "method"),
    effect="reply",
    letter="reply",
    refusals=(Refusal("business_hindrance", "28(3)", _HINDRANCE_TEXT, _HINDRANCE_HELP),),
    told=frozenset({"granted"}),
)


def _reply(code: str, article: str, description: _StrPromise) -> RequestType:
    return RequestType(
        code=code,
        article=article,
        outcome_articles={"replied": article},
        description=description,
        asks=("name", "details", "method"),
        effect="reply",
        letter="reply",
        needs_identity=False,
        told=frozenset({"replied"}),
    )


COMPLAINT = _reply("complaint", "40", _("個人情報の取扱いについての苦情を受け付け、お答えします。"))
INQUIRY = _reply("inquiry", "32(1)", _("個人情報の取扱いについてのご質問にお答えします。"))

REQUEST_TYPES: dict[str, RequestType] = {
    entry.code: entry
    for entry in (
        DISCLOSURE,
        PURPOSE_NOTICE,
        PROVISION_RECORDS,
        CORRECTION,
        ADDITION,
        DELETION,
        STOP_USE,
        ERASURE,
        STOP_PROVISION,
        FOREIGN_MEASURES,
        COMPLAINT,
        INQUIRY,
    )
}


def possible_refusals(request_type: str, stated: tuple[str, ...] | list[str]) -> tuple[Refusal, ...]:
    """The refusals that answer what the person stated: a request under 35(5) is not refused under 35(2).

    Args:
        stated: codes of the grounds that the person stated.
    """
    entry = REQUEST_TYPES[request_type]
    articles = {ground.article for ground in entry.grounds if ground.code in stated}
    return tuple(one for one in entry.refusals if not one.against or articles & set(one.against))
