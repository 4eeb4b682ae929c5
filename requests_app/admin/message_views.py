"""What staff write to the person, with files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from privacy_portal.core.downloads import attachment

from ..models import DisclosureRequest, Message, MessageFile
from ..services import message_files
from ..services import messages as message_service
from ..services.errors import FileGone, NotAllowed, RequestError
from .case_views import Refused, back_to, case_page, refused_step, require_permission, staff_of, words_of
from .forms import MessageForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


def ask(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A question; the clock stands still until the person answers."""
    if refused := refused_step(case, request, "ask"):
        return refused
    form, sent = _posted(request, case, message_service.ask)
    if sent:
        notices.success(request, str(_("質問を送りました。返答があるまで社内目標は進みません。")))
        return back_to(case, "messages")
    return _page(request, case, site, "ask", _("本人に質問する"), form)


@require_POST
def message(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A message that changes no status."""
    require_permission(request, case, "change_disclosurerequest")
    form, sent = _posted(request, case, message_service.write)
    if sent:
        notices.success(request, str(_("メッセージを送りました。")))
        return back_to(case, "messages")
    return _page(request, case, site, "message", _("メッセージを送る"), form)


def _page(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, name: str, title: Any, form: Any
) -> HttpResponse:
    chosen = message_files.unsent(request=case, actor=staff_of(request))
    return case_page(request, case, site, name, title, form=form, chosen=chosen)


def _posted(request: HttpRequest, case: DisclosureRequest, send: Callable[..., Message]) -> tuple[MessageForm, bool]:
    """The form as it is shown again, and whether the message was sent. Accepted files stay chosen until then."""
    if request.method != "POST":
        return MessageForm(), False
    try:
        if key := _key(request.POST.get("remove")):
            message_files.discard(request=case, actor=staff_of(request), key=key)
            return MessageForm(initial=request.POST.dict()), False
        chosen = cast(list[UploadedFile], request.FILES.getlist("files"))
        taken = message_files.take(request=case, actor=staff_of(request), chosen=chosen, now=timezone.now())
    except NotAllowed:
        raise PermissionDenied from None
    except RequestError as error:
        form = MessageForm(request.POST)
        form.add_error("body", str(error))
        return form, False
    form = MessageForm(request.POST)
    for words in taken.refused:
        form.add_error("files", words)
    if not form.is_valid():
        return form, False
    shown = [key for text in request.POST.getlist("attached") if (key := _key(text))]
    try:
        send(
            request=case,
            actor=staff_of(request),
            body=form.cleaned_data["body"],
            files=[*shown, *taken.accepted],
            now=timezone.now(),
        )
    except Refused as error:
        form.add_error("body", words_of(error))
        return form, False
    return form, True


def _key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@require_POST
def open_file(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, file_id: uuid.UUID
) -> HttpResponseBase:
    """A file of the thread, always as a download. The look is recorded."""
    sent = MessageFile.objects.filter(request=case).exclude(message=None).select_related("file", "request")
    attached = sent.filter(pk=file_id).first()
    if attached is None:
        raise Http404
    try:
        content = message_files.open_file(attached=attached, actor=staff_of(request))
    except NotAllowed:
        raise PermissionDenied from None
    except FileGone as error:
        notices.error(request, str(error))
        return back_to(case, "messages")
    return attachment(content, name=attached.name or attached.file.name, content_type=attached.file.content_type)
