"""One request: confirmation, status, withdrawing."""

from datetime import date
from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from privacy_portal.core.templatetags.portal import jp_date

from .. import selectors
from ..domain import tracking
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import (
    OPEN_STATUSES,
    WAITING_FOR_PERSON,
    Actor,
    Event,
    Status,
    TransitionRefused,
    possible_events,
)
from ..models import DisclosureRequest, RequestEvent, TargetExtension
from ..services import lifecycle
from .access import PersonRequest, own_request_or_404
from .again import others
from .code import code_context
from .documents import documents_context
from .files import offered_files
from .offers import type_name
from .stated import stated_sections
from .wording import happened, stand

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
MESSAGES_END = frozenset({Status.CLOSED, Status.WITHDRAWN})


def _common(disclosure: DisclosureRequest) -> dict[str, Any]:
    return {"disclosure": disclosure, "type_name": type_name(disclosure.request_type)}


@login_required
@never_cache
@require_safe
def request_done(request: PersonRequest, receipt: str) -> HttpResponse:
    """The confirmation: the number to keep, and what happens next."""
    disclosure = own_request_or_404(request, receipt)
    paper = disclosure.answer_method == DisclosureRequest.AnswerMethod.PAPER
    steps = [
        {"title": _("受付"), "at": disclosure.received_at, "body": _("受付番号はメールでもお送りします。")},
        {
            "title": _("回答の内容の確認"),
            "body": _("担当者がお持ちしている情報を調べ、回答の内容を決めます。"),
            "state": "future",
        },
        {
            "title": _("回答"),
            "when": target_words(disclosure),
            "body": _("書面を郵送します。") if paper else _("用意ができたら、メールでお知らせします。"),
            "state": "future",
        },
    ]
    if REQUEST_TYPES[disclosure.request_type].needs_identity:
        steps.insert(
            1,
            {
                "title": _("ご本人の確認"),
                "when": _("すぐに始めます"),
                "body": _("ご登録の情報と照らし合わせます。確かめられないときは、担当者からご連絡します。"),
                "state": "future",
            },
        )
    context = {**_common(disclosure), "steps": steps, "others": others(disclosure)}
    return render(request, "portal/requests/done.html", context)


def target_words(disclosure: DisclosureRequest) -> str:
    """The internal target, named as what it is: the law sets no number of days (33(2))."""
    return _("%(date)sまで（社内の目標日）") % {"date": jp_date(disclosure.target_on)}


@login_required
@never_cache
@require_safe
def request_detail(request: PersonRequest, receipt: str) -> HttpResponse:
    """Where the request stands, what the person can do, what the operator does next, what happened so far."""
    disclosure = own_request_or_404(request, receipt)
    files = offered_files(disclosure, now=timezone.now())
    thread = disclosure.messages.aggregate(
        count=Count("pk"), unread=Count("pk", filter=Q(from_person=False, read_at__isnull=True))
    )
    # While the person owes a reply the clock stands still, so there is no date to name.
    running = disclosure.status in OPEN_STATUSES - WAITING_FOR_PERSON
    papers = {**documents_context(disclosure), **code_context(disclosure)}
    context = {
        **_common(disclosure),
        "stand": stand(disclosure),
        "action": _action(disclosure, bool(files), papers),
        "target": target_words(disclosure) if running else "",
        "late": running and disclosure.target_on < timezone.localdate(),
        "events": _timeline(disclosure),
        "files": files,
        "message_count": thread["count"],
        "unread": thread["unread"],
        "stated": stated_sections(disclosure),
        "can_withdraw": _can_withdraw(disclosure),
        "has_fee": disclosure.fees.exists(),
        "can_write": disclosure.status not in MESSAGES_END,
        **papers,
    }
    return render(request, "portal/requests/detail.html", context)


def _action(disclosure: DisclosureRequest, has_files: bool, papers: dict[str, Any]) -> dict[str, str] | None:
    """The one thing that the person can do now."""
    number = disclosure.receipt_number
    if disclosure.status == Status.FEE_WAITING:
        return {
            "label": _("手数料を確かめる"),
            "url": reverse("portal:request_fee", args=[number]),
            "text": _("金額と支払い方法をご確認ください。承諾していただくまで、費用はかかりません。"),
        }
    if papers["code_owed"]:
        return {
            "label": _("コードを入力する"),
            "url": papers["code_url"],
            "text": _(
                "ご登録の住所があるときは、その住所に、8桁のコードを書いた手紙をお送りします。届いたら入力してください。"
            ),
        }
    if papers["documents_owed"]:
        return {
            "label": _("書類を送る"),
            "url": papers["documents_url"],
            "text": _("確認のための書類をお待ちしています。何をどのように送るかは、次のページにあります。"),
        }
    if disclosure.status in WAITING_FOR_PERSON:
        return {
            "label": _("質問を読んで返答する"),
            "url": reverse("portal:request_message", args=[number]),
            "text": _("ご返答をお待ちしています。"),
        }
    if has_files:
        return {
            "label": _("回答を開く"),
            "url": reverse("portal:answer_code", args=[number]),
            "text": _("開くには、メールで届く新しいコードが必要です。"),
        }
    return None


def _timeline(disclosure: DisclosureRequest) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    happenings = list(selectors.timeline(disclosure, public_only=True))
    extended = selectors.extensions_of(disclosure, happenings)
    for event in happenings:
        if words := happened(event.kind):
            events.append({"title": words, "at": event.at, "body": _more_words(event, extended.get(event.pk))})
    if events:
        events[-1]["state"] = "current"
    if disclosure.status in OPEN_STATUSES:
        when = target_words(disclosure)
        if disclosure.status == Status.FEE_WAITING:
            when = _("手数料の手続きのあと")
        elif disclosure.status in WAITING_FOR_PERSON:
            when = _("ご返答をいただいたあと")
        events.append({"title": _("回答"), "when": when, "state": "future"})
    return events


def _more_words(event: RequestEvent, extension: TargetExtension | None) -> str:
    """What an entry of the timeline says beside its title; mostly nothing."""
    return _posting_words(event) if event.kind == Event.POSTED else _extension_words(extension)


def _posting_words(event: RequestEvent) -> str:
    """When the printed answer was sent, and the number by which the person can follow it at the post."""
    day = jp_date(date.fromisoformat(event.data["sent_on"]) if "sent_on" in event.data else event.at)
    number = tracking.written(event.data.get("tracking_number", ""))
    if not number:
        return _("%(date)sに発送しました。") % {"date": day}
    return _("%(date)sに発送しました。追跡番号は%(number)sです。") % {"date": day, "number": number}


def _extension_words(extension: TargetExtension | None) -> str:
    """Until when the answer is expected now, and why; empty for any other event."""
    if extension is None:
        return ""
    words = _("新しい目標日は%(date)sです（社内の目標日）。理由：%(reason)s")
    return words % {"date": jp_date(extension.to_on), "reason": extension.reason}


def _can_withdraw(disclosure: DisclosureRequest) -> bool:
    return Event.WITHDRAWN in possible_events(disclosure.status, Actor.PERSON)


@login_required
@never_cache
@get_or_post
def request_withdraw(request: PersonRequest, receipt: str) -> HttpResponse:
    """Take the request back, after saying what that means."""
    disclosure = own_request_or_404(request, receipt)
    if not _can_withdraw(disclosure):
        flash.info(request, _("この請求は、もう取り下げることができません。"))
        return redirect("portal:request_detail", receipt=receipt)
    if request.method != "POST":
        return render(request, "portal/requests/withdraw.html", _common(disclosure))
    try:
        lifecycle.withdraw(request=disclosure, actor=request.user, now=timezone.now())
    except TransitionRefused:
        flash.info(request, _("この請求は、もう取り下げることができません。"))
    else:
        flash.success(request, _("請求を取り下げました。"))
    return redirect("portal:request_detail", receipt=receipt)
