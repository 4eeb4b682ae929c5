"""The messages of a request and their files, on a page of their own: nobody looking at the status page reads them."""

import uuid
from typing import Any, cast

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from privacy_portal.core.downloads import attachment
from privacy_portal.core.models import User
from privacy_portal.core.portal.views import limited, wait_text
from privacy_portal.core.ratelimit import LimitExceeded

from .. import selectors
from ..domain.transitions import ENDED_STATUSES, WAITING_FOR_PERSON, Status, TransitionRefused
from ..models import DisclosureRequest, Message, MessageFile
from ..services import evidence_state, message_files, messages
from ..services.errors import FileGone, FilesChanged, ThreadClosed
from .access import PersonRequest, own_request_or_404
from .forms import MessageForm
from .offers import type_name

ASKED = WAITING_FOR_PERSON - {Status.FEE_WAITING}


@sensitive_post_parameters()
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_message(request: PersonRequest, receipt: str) -> HttpResponse:
    """Read, and write. Files are taken first: those that are accepted stay chosen whatever else is wrong."""
    disclosure = own_request_or_404(request, receipt)
    can_write = disclosure.status not in ENDED_STATUSES
    if request.method == "POST" and not can_write:
        return redirect("portal:request_message", receipt=receipt)
    form = MessageForm()
    too_many: LimitExceeded | None = None
    if request.method == "POST":
        try:
            form, sent = _posted(request, disclosure)
        except ThreadClosed as error:
            # It ended between the page and its sending.
            flash.info(request, str(error))
            return redirect("portal:request_detail", receipt=receipt)
        except LimitExceeded as error:
            too_many = error
            form = MessageForm(request.POST)
            words = _("短い間に多くのメッセージやファイルが送られました。%(wait)sにもう一度お送りください。")
            form.add_error(None, words % {"wait": wait_text(error.retry_after)})
        else:
            if sent:
                flash.success(request, _("メッセージを送りました。"))
                return redirect("portal:request_detail", receipt=receipt)
    messages.mark_read(request=disclosure, reader=request.user, now=timezone.now())
    page = selectors.thread_page(disclosure, request.GET.get("page"))
    context = {
        "disclosure": disclosure,
        "type_name": type_name(disclosure.request_type),
        "messages_list": [_shown(entry) for entry in page],
        "page_obj": page,
        "form": form,
        "chosen": message_files.unsent(request=disclosure, actor=request.user),
        "can_write": can_write,
        "asked": _is_asked(disclosure),
    }
    response = render(request, "portal/requests/messages.html", context)
    return limited(response, too_many) if too_many else response


def _is_asked(disclosure: DisclosureRequest) -> bool:
    """Whether a message is the reply that is waited for: a word about documents does not stand for them."""
    return disclosure.status in ASKED and not evidence_state.documents_owed(disclosure)


def _shown(entry: Message) -> dict[str, Any]:
    return {
        "sender": _("あなた") if entry.from_person else _("担当者"),
        "at": entry.sent_at,
        "body": entry.body,
        "mine": entry.from_person,
        "files": entry.files.all(),
    }


def _posted(request: PersonRequest, disclosure: DisclosureRequest) -> tuple[MessageForm, bool]:
    """The form as it is shown again, and whether the message was sent."""
    if key := _key(request.POST.get("remove")):
        message_files.discard(request=disclosure, actor=request.user, key=key)
        return MessageForm(initial=request.POST.dict()), False
    chosen = cast(list[UploadedFile], request.FILES.getlist("files"))
    taken = message_files.take(request=disclosure, actor=request.user, chosen=chosen, now=timezone.now())
    only_files = "attach" in request.POST
    form = MessageForm(initial=request.POST.dict()) if only_files and not taken.refused else MessageForm(request.POST)
    if only_files:
        # The text may still come.
        form.errors.pop("body", None)
    for words in taken.refused:
        form.add_error("files", words)
    if only_files and not chosen:
        flash.info(request, _("添付するファイルを選んでから押してください。"))
    if only_files or not form.is_valid():
        return form, False
    shown = [key for text in request.POST.getlist("attached") if (key := _key(text))]
    try:
        _send(disclosure, request.user, form.cleaned_data["body"], [*shown, *taken.accepted])
    except FilesChanged as error:
        form.add_error("files", str(error))
        return form, False
    return form, True


def _send(disclosure: DisclosureRequest, user: User, body: str, keys: list[uuid.UUID]) -> None:
    """A reply where one is awaited, else a message. The status may change between the page and its sending."""
    now = timezone.now()
    if _is_asked(disclosure):
        try:
            messages.reply(request=disclosure, actor=user, body=body, files=keys, now=now)
            return
        except TransitionRefused:
            pass
    messages.write(request=disclosure, actor=user, body=body, files=keys, now=now)


def _key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@login_required
@never_cache
@require_GET
def message_file(request: PersonRequest, receipt: str, key: uuid.UUID) -> HttpResponseBase:
    """A file of the thread, always as a download. The look is recorded."""
    disclosure = own_request_or_404(request, receipt)
    files = MessageFile.objects.filter(request=disclosure).exclude(message=None)
    attached = files.select_related("file", "request").filter(pk=key).first()
    if attached is None:
        raise Http404
    try:
        content = message_files.open_file(attached=attached, actor=request.user)
    except FileGone as error:
        flash.info(request, str(error))
        return redirect("portal:request_message", receipt=receipt)
    return attachment(content, name=attached.name or attached.file.name, content_type=attached.file.content_type)
