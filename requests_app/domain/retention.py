"""THE table of what a requester's data is kept for, how long, and what ends it (article 22).

What people give for a request serves that request and nothing else. After its end it goes in three stages: what proved
who they are, then files, then the case with its persons. The worker, the admin, the page of the procedure and
docs/retention.md read this table. ``manage.py check`` fails for a link to a request, a link to an encrypted file or an
encrypted text of a case that is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent_app.domain.months import months_later
from consent_app.domain.retention import Periods


class Stage(models.TextChoices):
    """What goes together, in the order in which it goes."""

    IDENTITY = "identity", _("本人確認の資料")
    FILES = "files", _("ファイル")
    CASE = "case", _("請求の記録")


ORDER: tuple[Stage, ...] = (Stage.IDENTITY, Stage.FILES, Stage.CASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data, where it lies and when it goes.

    Args:
        code: names it for good.
        what: in words.
        stage: when it goes; None: on a clock of its own, which ``ends`` names.
        places: "<app>.<model>.<field>": a link to an encrypted file, whose content is erased; a text, which is emptied;
            or, where the whole case goes, any link or text that goes with its row.
        remains: what is left of it afterwards.
        ends: when it goes, where that is not the end of its stage.
    """

    code: str
    what: Any
    stage: Stage | None
    places: tuple[str, ...]
    remains: Any
    ends: Any = ""


_WITH_CASE = _("下の「残るもの」だけ")

KEPT: tuple[Kept, ...] = (
    Kept(
        "identity_facts",
        _("本人確認のために述べられた登録情報（登録した住所、生年月日、会員番号、注文番号）と、判断の覚え書き"),
        Stage.IDENTITY,
        (
            "requests_app.party.registered_postal_code",
            "requests_app.party.registered_address",
            "requests_app.party.birth_date",
            "requests_app.party.customer_number",
            "requests_app.party.order_number",
            "requests_app.identitycheck.note",
        ),
        _("何を、どの方法で、いつ、だれが確かめ、どうだったか"),
    ),
    Kept(
        "evidence_copies",
        _("本人確認書類や委任状などの写しと、判断のメモ"),
        Stage.IDENTITY,
        ("requests_app.evidencepage.file", "requests_app.evidencejudgement.note"),
        _("どの書類が、だれから、いつ届き、何をだれが確かめたか。書類の番号は初めから残さない"),
        ends=_("決定からEVIDENCE_FILE_DAYSか、この期限の早いほう。送られなかったものは3日"),
    ),
    Kept(
        "originals",
        _("届いた請求や返答の原本の写し"),
        Stage.FILES,
        ("requests_app.receivedfile.file",),
        _("あったことと、登録した人と、開いた日時"),
    ),
    Kept(
        "message_files",
        _("メッセージのファイルと、その名前"),
        Stage.FILES,
        ("requests_app.messagefile.file", "requests_app.messagefile.name"),
        _("あったことと、添付した人と、開いた日時"),
    ),
    Kept(
        "found_contents",
        _("担当者が手作業で見つけ、回答に入れたデータ"),
        Stage.FILES,
        ("requests_app.foundcontent.file", "requests_app.foundcontent.text"),
        _("あったことと、入れた人と、日時"),
    ),
    Kept(
        "answers",
        _("回答のファイルと通知書"),
        Stage.FILES,
        ("requests_app.answerfile.file", "requests_app.answermail.passphrase"),
        _("あったことと、作った日時と、開いた回数"),
        ends=_("公開の期限（ANSWER_FILE_DAYS）か、この期限の早いほう"),
    ),
    Kept(
        "evidence",
        _("書類のお願いと、確認書類の記録"),
        Stage.CASE,
        (
            "requests_app.evidencerequest.request",
            "requests_app.evidencerequest.note",
            "requests_app.evidence.request",
            "requests_app.evidencepage.evidence",
            "requests_app.evidencejudgement.evidence",
        ),
        _WITH_CASE,
    ),
    Kept(
        "persons",
        _("当事者（氏名、連絡先、住所）と、述べられた内容"),
        Stage.CASE,
        (
            "requests_app.party.request",
            "requests_app.giftlink.request",
            "requests_app.correction.request",
            "requests_app.correction.before",
            "requests_app.correction.after",
            "requests_app.correction.reason",
            "requests_app.disclosurerequest.wanted_note",
            "requests_app.disclosurerequest.answer_method_note",
            "requests_app.requestedchange.request",
            "requests_app.requestedchange.present",
            "requests_app.requestedchange.wanted",
            "requests_app.requestedchange.why",
            "requests_app.requestedchange.finding",
            "requests_app.requestedchange.values_text",
        ),
        _WITH_CASE,
    ),
    Kept(
        "messages",
        _("メッセージ"),
        Stage.CASE,
        ("requests_app.message.request", "requests_app.message.body"),
        _WITH_CASE,
    ),
    Kept(
        "decisions",
        _("本人確認の結果、決定とその提案、理由、目標日の延長、経過"),
        Stage.CASE,
        (
            "requests_app.decisionproposal.request",
            "requests_app.decisionproposal.reason",
            "requests_app.decisionproposal.measure",
            "requests_app.decisionproposal.remark",
            "requests_app.decision.proposal",
            "requests_app.identitycheck.request",
            "requests_app.postcode.request",
            "requests_app.callback.request",
            "requests_app.callattempt.call_back",
            "requests_app.decision.request",
            "requests_app.decision.reason",
            "requests_app.decision.measure",
            "requests_app.targetextension.request",
            "requests_app.targetextension.reason",
            "requests_app.silencenotice.request",
            "requests_app.requestevent.request",
            "requests_app.messagefile.request",
            "requests_app.messagefile.message",
            "requests_app.receivedfile.request",
            "requests_app.receivedfile.message",
            "requests_app.answerfile.request",
            "requests_app.answerfile.decision",
            "requests_app.answermail.decision",
            "requests_app.downloadgrant.answer_file",
        ),
        _WITH_CASE,
    ),
    Kept(
        "instructions",
        _("委託先や提供先への指示とその返答、社内メモ、担当者の引き継ぎ、調べた結果"),
        Stage.CASE,
        (
            "requests_app.instruction.request",
            "requests_app.instruction.decision",
            "requests_app.instruction.finding",
            "requests_app.instruction.identifier",
            "requests_app.instruction.text",
            "requests_app.instructionentry.instruction",
            "requests_app.instructionentry.text",
            "requests_app.casenote.request",
            "requests_app.casenote.body",
            "requests_app.handover.request",
            "requests_app.handover.note",
            "requests_app.casefinding.request",
            "requests_app.casefinding.place",
            "requests_app.casefinding.note",
            "requests_app.foundcontent.finding",
        ),
        _WITH_CASE,
    ),
    Kept(
        "holds",
        _("消去の保留とその理由"),
        Stage.CASE,
        (
            "requests_app.retentionhold.request",
            "requests_app.retentionhold.reason",
            "requests_app.retentionhold.end_reason",
        ),
        _WITH_CASE,
    ),
    Kept(
        "fees",
        _("手数料と入出金"),
        Stage.CASE,
        ("requests_app.fee.request", "requests_app.payment.fee"),
        _("受付番号、金額、日付、方法（帳簿の書類として、入出金の日からORDER_RECORDS_MONTHSの間）"),
    ),
    Kept(
        "drafts",
        _("送る前の下書き"),
        None,
        ("requests_app.requestdraft.answers",),
        _("件数だけの監査の記録"),
        ends=_("最後に変えてからREQUEST_DRAFT_DAYS、または本人が消したとき"),
    ),
)

# Place -> stage; None: a clock of its own.
PLACES: Mapping[str, Stage | None] = {place: kept.stage for kept in KEPT for place in kept.places}

# What is left when a case has gone.
REMAINS: tuple[Any, ...] = (
    _("だれのものかわからない統計の行：種類、受付方法、日付、結論、条文"),
    _("監査の記録：操作と、意味のない番号だけ"),
    _("消去や提供停止などの結果の記録（顧客の台帳の側）：受付番号と日付と件数"),
)


def due_on(stage: Stage, ended_on: date, periods: Periods) -> date:
    """The day from which the stage's data of a request that ended on a day is erased."""
    match stage:
        case Stage.IDENTITY:
            return ended_on + timedelta(days=periods.identity_days)
        case Stage.FILES:
            return ended_on + timedelta(days=periods.files_days)
        case _:
            return months_later(ended_on, periods.case_months)


def last_ended_on(stage: Stage, today: date, periods: Periods) -> date:
    """The latest day on which a request can have ended for the stage to be due today."""
    if stage != Stage.CASE:
        days = periods.identity_days if stage == Stage.IDENTITY else periods.files_days
        return today - timedelta(days=days)
    # Months have different lengths: the last of several days with the same due day counts.
    day = months_later(today, -periods.case_months)
    while due_on(stage, day + timedelta(days=1), periods) <= today:
        day += timedelta(days=1)
    return day
