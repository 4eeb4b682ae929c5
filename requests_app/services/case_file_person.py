"""Of a printed case file: who asks, what for, and how it was made sure who they are."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from consent_app.domain.written import written_postal_code, written_telephone

from ..domain import tracking
from ..domain.evidence import Check, Proof
from ..domain.request_types import REQUEST_TYPES
from ..models import CallAttempt, DisclosureRequest, Evidence, EvidenceJudgement, Party
from ..selectors_case import suit
from ..words import field_words, finding_words, value_words
from . import changes
from .case_file_words import Record, article, beside, by, file_words, joined, language, moment, record
from .typesetting import date_words, day_words


def basics(case: DisclosureRequest) -> Iterator[Record]:
    """The request in short."""
    entry = REQUEST_TYPES[case.request_type]
    suit_from = suit(case)["suit_from"]
    yield record(
        "",
        (_("受付番号"), case.receipt_number),
        (_("請求の種類"), beside(entry.name, article(entry.article))),
        (_("状態"), case.get_status_display()),
        (_("受付方法"), case.get_channel_display()),
        (_("受付"), _day(case.received_at)),
        (_("登録した担当者"), case.registered_by),
        (_("社内目標"), date_words(case.target_on, language())),
        (_("回答日時"), moment(case.answered_at)),
        (_("終了日時"), moment(case.closed_at)),
        (_("訴えを起こせる日（法第39条）"), date_words(suit_from, language()) if suit_from else ""),
        (_("担当者"), case.assigned_to or _("担当者未定")),
    )


def _day(at: object) -> str:
    return date_words(timezone.localdate(at), language())  # type: ignore[arg-type]


def persons(case: DisclosureRequest) -> Iterator[Record]:
    """What the persons stated of themselves."""
    for party in sorted(case.parties.all(), key=lambda one: one.kind != Party.Kind.PRINCIPAL):
        yield record(
            party.get_kind_display(),
            (_("請求する人"), case.who_asks if party.kind == Party.Kind.PRINCIPAL else ""),
            (_("氏名"), party.full_name),
            (_("フリガナ"), party.full_kana),
            (_("メールアドレス"), party.email),
            (_("電話番号"), written_telephone(party.telephone)),
            (_("現在の住所"), _address(party.postal_code, party.full_address)),
            (_("登録したときの住所"), _address(party.registered_postal_code, party.registered_address)),
            (_("生年月日"), day_words(party.birth_date)),
            (_("会員番号"), party.customer_number),
            (_("注文番号"), party.order_number),
        )


def _address(postal_code: str, rest: str) -> str:
    return f"{written_postal_code(postal_code)} {rest}".strip()


def asked(case: DisclosureRequest) -> Iterator[Record]:
    """What is asked for, in the person's words and by the table; then item by item where something is to change."""
    entry = REQUEST_TYPES[case.request_type]
    grounds = [beside(one.text, article(one.article)) for one in entry.grounds if one.code in case.grounds]
    wanted = [*case.wanted_items.all(), *case.wanted_purposes.all()]
    asks_scope = {"wanted", "purposes"} & set(entry.asks)
    scope = _("すべて") if case.wants_everything else joined(wanted) or _("説明のとおり")
    yield record(
        "",
        (_("述べられた理由"), "\n".join(grounds)),
        (_("範囲"), scope if asks_scope else ""),
        (_("本人の説明"), case.wanted_note),
        (_("受取方法"), case.get_answer_method_display()),
        (_("受取方法の説明"), case.answer_method_note),
        (_("言語"), case.get_language_display()),
    )
    verdicts = {None: _("まだ調べていません"), True: _("変える"), False: _("変えない")}
    for row in case.changes.select_related("item", "examined_by", "request__customer"):
        yield record(
            row.item,
            (_("本人の認識"), row.present),
            (_("求めている内容"), row.wanted),
            (_("理由や資料"), row.why),
            (_("結果"), verdicts[row.accepted]),
            (_("新しい値"), changes.new_words(row) if row.accepted and row.of_columns else ""),
            (_("調べた結果"), row.finding),
            (_("調べた人"), by(row.examined_by, row.examined_at) if row.examined_at else ""),
        )


def originals(case: DisclosureRequest) -> Iterator[Record]:
    """The scans of what came, by name; their content stays where it is."""
    for row in case.received_files.select_related("file", "added_by", "message"):
        what = _("届いた返答の写し") if row.message_id else _("請求の原本の写し")
        yield record(
            what,
            (_("ファイル"), beside(row.file.name, file_words(row.file))),
            (_("登録した担当者"), by(row.added_by, row.added_at)),
        )


def identity(case: DisclosureRequest) -> Iterator[Record]:
    """Every check of who asks: how, with which outcome, by whom."""
    for check in case.identity_checks.select_related("decided_by"):
        yield record(
            check.get_method_display(),
            (_("結果"), check.get_state_display()),
            (_("水準"), check.level),
            (_("所見"), joined(finding_words(code) for code in check.findings.get("codes", ()))),
            (_("判断の理由"), check.note),
            (_("判断者"), by(check.decided_by, check.finished_at) if check.decided_by_id else ""),
            (_("終了日時"), moment(check.finished_at)),
        )
    for code in case.post_codes.select_related("ordered_by", "sent_by").order_by("ordered_at"):
        yield record(
            _("郵便のコード"),
            (_("担当者"), code.ordered_by),
            (_("お願いした日時"), moment(code.ordered_at)),
            (_("期限"), moment(code.expires_at)),
            (_("印刷した日時"), moment(code.printed_at)),
            (_("発送した日"), code.sent_on),
            (_("追跡番号"), tracking.written(code.tracking_number)),
            (_("発送した担当者"), code.sent_by),
            (_("正しく入力された日時"), moment(code.used_at)),
            (_("使えなくなった日時"), moment(code.ended_at)),
        )
    for announced in case.call_backs.select_related("announced_by").prefetch_related("attempts__called_by"):
        yield record(
            _("電話での確認"),
            (_("担当者"), announced.announced_by),
            (_("知らせた日時"), moment(announced.announced_at)),
            *((_("電話"), _call(one)) for one in announced.attempts.all()),
            (_("終わった日時"), moment(announced.ended_at)),
        )
    if case.identity_checks.exists():
        yield record("", (_("登録との結び付き"), _("顧客と結び付いている") if case.customer_id else _("なし")))
    for link in case.gift_links.select_related("linked_by"):
        yield record(_("贈り先としての結び付き"), (_("判断者"), by(link.linked_by, link.linked_at)))


def _call(attempt: CallAttempt) -> str:
    """One call: who, when, what came of it, what was asked and what of it was right."""
    lines = (
        attempt.get_outcome_display(),
        f"{_('たずねたこと')}{_('：')}{joined(attempt.asked_words)}" if attempt.asked else "",
        f"{_('合っていたこと')}{_('：')}{joined(attempt.matched_words)}" if attempt.asked else "",
        f"{_('次に電話する日')}{_('：')}{attempt.next_on}" if attempt.next_on else "",
        by(attempt.called_by, attempt.called_at),
    )
    return "\n".join(str(line) for line in lines if line)


def documents(case: DisclosureRequest) -> Iterator[Record]:
    """Which documents were asked for, came and were judged how; no picture of any."""
    for ask in case.evidence_requests.select_related("asked_by"):
        yield record(
            _("書類のお願い"),
            (_("どのような方か"), ask.get_requester_display() if ask.requester else ""),
            (_("確かめること"), joined(Proof(code).label for code in ask.proofs)),
            (_("お願いの説明"), ask.note),
            (_("お願いした担当者"), by(ask.asked_by, ask.asked_at) if ask.asked_by_id else ""),
            (_("お願いした日時"), "" if ask.asked_by_id else f"{_('システム')}　{moment(ask.asked_at)}"),
        )
    judged = Prefetch("judgements", EvidenceJudgement.objects.select_related("judged_by"))
    rows = case.evidence.exclude(state=Evidence.State.DRAFT).prefetch_related("pages", judged)
    for row in rows:
        yield record(
            row.kind.name,
            (_("確かめること"), row.get_proof_display()),
            (_("だれの書類か"), row.get_party_display()),
            (_("届き方"), row.get_way_display()),
            (_("届いた日"), row.came_on or moment(row.given_at)),
            (_("見た場所"), row.place),
            (_("状態"), row.get_state_display()),
            (_("写し"), _pages(row)),
            *((_("判断"), _judgement(one)) for one in row.judgements.all()),
        )


def _pages(evidence: Evidence) -> str:
    if evidence.erased_at:
        return _("消去済み（%(at)s）") % {"at": moment(evidence.erased_at)}
    number = len(evidence.pages.all())
    return _("%(number)dページ") % {"number": number} if number else ""


def _judgement(judgement: EvidenceJudgement) -> str:
    shown = joined(Proof(code).label for code in judgement.proofs) if judgement.accepted else ""
    looked = joined(Check(code).label for code in judgement.checks)
    receipt = {None: "", True: _("回答の受け取りも頼まれている"), False: _("回答の受け取りは頼まれていない")}
    lines = (
        f"{_('確認できた')}{_('：')}{shown}" if judgement.accepted else judgement.get_reason_display(),
        f"{_('見たところ')}{_('：')}{looked}" if looked else "",
        receipt[judgement.covers_receipt],
        judgement.note or "",
        by(judgement.judged_by, judgement.judged_at),
    )
    return "\n".join(str(line) for line in lines if line)


def corrections(case: DisclosureRequest) -> Iterator[Record]:
    """What staff corrected of what they had written down."""
    for row in case.corrections.select_related("made_by"):
        yield record(
            field_words(row),
            (_("前の内容"), value_words(row, row.before)),
            (_("新しい内容"), value_words(row, row.after)),
            (_("理由"), row.reason),
            (_("直した人"), by(row.made_by, row.made_at)),
        )
