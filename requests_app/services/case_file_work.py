"""Of a printed case file: what was done to find the answer, with whom, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from consent_app.models import DataItem

from .. import selectors_instructions
from ..models import DisclosureRequest, Fee, FoundContent, InstructionEntry, MessageFile, Payment
from .case_file_words import Record, beside, by, file_words, joined, moment, record


def fees(case: DisclosureRequest) -> Iterator[Record]:
    """What was told that it costs, what the person said to it, and the money."""
    payments = Prefetch("payments", Payment.objects.select_related("recorded_by"))
    for fee in case.fees.select_related("asked_by", "waived_by").prefetch_related(payments).order_by("asked_at"):
        yield record(
            f"{fee.amount_yen:,} {_('円（税込）')}",
            (_("内訳や説明"), fee.explanation),
            (_("知らせた人"), by(fee.asked_by, fee.asked_at)),
            (_("お支払いの期限"), fee.due_on),
            *_answers(fee),
            *((payment.get_kind_display(), _money(payment)) for payment in fee.payments.all()),
        )


def _answers(fee: Fee) -> Iterator[tuple[str, str]]:
    yield _("承諾の日時"), moment(fee.accepted_at)
    yield _("断られた日時"), moment(fee.declined_at)
    yield _("支払い済みの日時"), moment(fee.settled_at)
    yield _("取消しの日時"), moment(fee.cancelled_at)
    if fee.waived_at:
        yield _("免除した人"), by(fee.waived_by, fee.waived_at)
        yield _("免除の理由"), fee.waiver_reason


def _money(payment: Payment) -> str:
    first = beside(f"{payment.on}　{payment.amount_yen:,} {_('円')}", payment.get_method_display())
    return "\n".join(line for line in (first, payment.note, by(payment.recorded_by, payment.recorded_at)) if line)


def findings(case: DisclosureRequest) -> Iterator[Record]:
    """What was looked for where, and what of it went into the answer."""
    contents = Prefetch("contents", FoundContent.objects.select_related("file", "added_by"))
    for row in selectors_instructions.findings_of(case).prefetch_related(contents):
        yield record(
            row.place,
            (_("データ項目"), row.item or _("すべて")),
            (_("結果"), row.get_result_display()),
            (_("説明"), row.note),
            (_("データを受け持つ部署や委託先"), row.keeper or ""),
            (_("書いた人"), by(row.author, row.at)),
            *((_("回答に入れたデータ"), _content(one)) for one in row.contents.all()),
        )


def _content(one: FoundContent) -> str:
    what = one.text or (file_words(one.file) if one.file else "")
    removed = f"{_('取り除いた日時')}{_('：')}{moment(one.removed_at)}" if one.removed_at else ""
    return "\n".join(line for line in (what, by(one.added_by, one.added_at), removed) if line)


def notes(case: DisclosureRequest) -> Iterator[Record]:
    """What staff told each other."""
    for note in selectors_instructions.notes_of(case):
        yield record(_("社内メモ"), (_("メモ"), note.body), (_("書いた人"), by(note.author, note.at)))
    for row in case.hand_overs.select_related("by", "to").order_by("at", "pk"):
        yield record(
            _("引き継ぎ"),
            (_("担当者"), row.to or _("担当者未定")),
            (_("引き継ぎの内容"), row.note),
            (_("渡した人"), by(row.by, row.at)),
        )


def messages(case: DisclosureRequest) -> Iterator[Record]:
    """The whole thread, with the names of what was attached."""
    attached = Prefetch("files", MessageFile.objects.select_related("file"))
    rows = case.messages.select_related("author").prefetch_related(attached, "received_files__file")
    for row in rows.order_by("sent_at", "pk"):
        files = [
            *(beside(one.name or one.file.name, file_words(one.file)) for one in row.files.all()),
            *(beside(one.file.name, file_words(one.file)) for one in row.received_files.all()),
        ]
        yield record(
            _("本人から") if row.from_person else _("本人へ"),
            (_("本文"), row.body),
            (_("添付ファイル"), "\n".join(files)),
            (_("方法"), row.get_channel_display()),
            (_("送った日・届いた日"), row.on),
            (_("返答を求める"), _("はい") if row.asks_reply else ""),
            (_("書いた人"), by(row.author, row.sent_at)),
            (_("既読日時"), moment(row.read_at)),
        )


def instructions(case: DisclosureRequest) -> Iterator[Record]:
    """What others were told to do, and what they answered."""
    names = {item.code: item for item in DataItem.objects.all()}
    for row in selectors_instructions.instructions_of(case):
        yield record(
            f"{row.reference}　{row.get_kind_display()}",
            (_("宛先"), beside(row.addressee, row.get_addressee_kind_display())),
            (_("メールアドレス"), row.email),
            (_("本人を示すもの"), row.identifier),
            (_("データ項目"), joined(names.get(code, code) for code in row.items)),
            (_("本文"), row.text),
            (_("期限"), row.due_on),
            (_("状態"), row.get_state_display()),
            *((entry.get_event_display(), _entry(entry)) for entry in row.entries.all()),
        )


def _entry(entry: InstructionEntry) -> str:
    who = str(entry.actor) if entry.actor else entry.get_by_display()
    done = f"{_('済んだ日')}{_('：')}{entry.done_on}" if entry.done_on else ""
    return "\n".join(line for line in (entry.text or "", done, f"{who}　{moment(entry.at)}") if line)
