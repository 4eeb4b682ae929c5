"""Opening the answer: a fresh code by mail, the list of files, a link that works once."""

import time
from uuid import UUID

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from privacy_portal.core import ratelimit
from privacy_portal.core.models import User
from privacy_portal.core.portal.forms import CodeForm
from privacy_portal.core.portal.views import wait_text
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import codes

from ..models import AnswerFile, AnswerMail, DisclosureRequest, DownloadGrant
from ..services import access, answer_mails
from .access import PersonRequest, own_request_or_404
from .files import OfferedFile, offered_files
from .offers import type_name

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# How long the list of files stays open after a right code, in seconds.
OPEN_FOR = 10 * 60
# Session keys: until when the files of a request are open; which code was sent for a request. One request at a time.
_OPEN, _SENT = "answer_open", "answer_code"


def _is_open(session: SessionBase, disclosure: DisclosureRequest) -> bool:
    kept = session.get(_OPEN) or {}
    return bool(kept.get("request") == disclosure.receipt_number and kept["until"] > time.time())


def _sent_code(session: SessionBase, disclosure: DisclosureRequest) -> UUID | None:
    """The code mailed for this request in this session. Another session's code opens nothing here."""
    kept = session.get(_SENT) or {}
    return UUID(kept["code"]) if kept.get("request") == disclosure.receipt_number else None


@sensitive_post_parameters("code")
@login_required
@never_cache
@get_or_post
def answer_code(request: PersonRequest, receipt: str) -> HttpResponse:
    """Mail a fresh code when asked, then take it. Being signed in is not enough to open an answer."""
    disclosure = own_request_or_404(request, receipt)
    if not offered_files(disclosure, now=timezone.now()):
        flash.info(request, _("今、開ける回答はありません。"))
        return redirect("portal:request_detail", receipt=receipt)
    if _is_open(request.session, disclosure):
        return redirect("portal:answer_files", receipt=receipt)
    if request.method != "POST":
        return _code_page(request, disclosure, CodeForm())
    if request.POST.get("action") == "send":
        return _send_code(request, request.user, disclosure)
    code_id = _sent_code(request.session, disclosure)
    if code_id is None:
        return redirect("portal:answer_code", receipt=receipt)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, disclosure, form)
    try:
        access.check_code(
            request=disclosure,
            user=request.user,
            code_id=code_id,
            code=form.cleaned_data["code"],
            client=ratelimit.client_of(request),
            now=timezone.now(),
        )
    except codes.CodeWrong as error:
        words = ngettext(
            "コードが違います。あと%(n)d回入力できます。",
            "コードが違います。あと%(n)d回入力できます。",
            error.remaining,
        )
        form.add_error("code", words % {"n": error.remaining})
        return _code_page(request, disclosure, form)
    except codes.CodeDead:
        form.add_error("code", _("このコードはもう使えません。「新しいコードを送る」を押してください。"))
        return _code_page(request, disclosure, form)
    except LimitExceeded as error:
        form.add_error("code", _too_many(error))
        return _code_page(request, disclosure, form, status=429)
    del request.session[_SENT]
    request.session[_OPEN] = {"request": disclosure.receipt_number, "until": time.time() + OPEN_FOR}
    return redirect("portal:answer_files", receipt=receipt)


def _too_many(error: LimitExceeded) -> str:
    return _("回数が多すぎます。%(wait)sにもう一度お試しください。") % {"wait": wait_text(error.retry_after)}


def _send_code(request: PersonRequest, user: User, disclosure: DisclosureRequest) -> HttpResponse:
    try:
        code_id = access.request_code(
            request=disclosure, user=user, client=ratelimit.client_of(request), now=timezone.now()
        )
    except LimitExceeded as error:
        flash.warning(request, _too_many(error))
    else:
        request.session[_SENT] = {"request": disclosure.receipt_number, "code": str(code_id)}
        flash.success(request, _("コードを送りました。メールをご覧ください。"))
    return redirect("portal:answer_code", receipt=disclosure.receipt_number)


def _code_page(
    request: PersonRequest, disclosure: DisclosureRequest, form: CodeForm, status: int = 200
) -> HttpResponse:
    context = {
        "disclosure": disclosure,
        "type_name": type_name(disclosure.request_type),
        "form": form,
        "sent": _sent_code(request.session, disclosure) is not None,
        "minutes": int(codes.LIFETIME.total_seconds() // 60),
    }
    return render(request, "portal/requests/answer_code.html", context, status=status)


@login_required
@never_cache
@get_or_post
def answer_files(request: PersonRequest, receipt: str) -> HttpResponse:
    """The files, each with a button that makes a link for one download."""
    disclosure = own_request_or_404(request, receipt)
    if not _is_open(request.session, disclosure):
        return redirect("portal:answer_code", receipt=receipt)
    files = offered_files(disclosure, now=timezone.now())
    if request.method == "POST" and request.POST.get("action") == "passphrase":
        return _passphrase(request, request.user, disclosure, files)
    if request.method == "POST":
        chosen = _chosen([entry.file for entry in files], request.POST.get("file", ""))
        try:
            grant = access.grant(answer_file=chosen, user=request.user, now=timezone.now())
        except access.GrantExpired:
            flash.info(request, _("このファイルは、今は開けません。"))
            return redirect("portal:request_detail", receipt=receipt)
        return redirect("portal:answer_download", receipt=receipt, grant=grant.pk)
    return _files_page(request, disclosure, files)


def _passphrase(
    request: PersonRequest, user: User, disclosure: DisclosureRequest, files: list[OfferedFile]
) -> HttpResponse:
    """Show the passphrase in the answer to a POST: it stands in no address, and going back shows nothing."""
    try:
        passphrase = answer_mails.show_passphrase(request=disclosure, user=user, now=timezone.now())
    except AnswerMail.DoesNotExist:
        flash.info(request, _("今、見られるパスフレーズはありません。"))
        return redirect("portal:answer_files", receipt=disclosure.receipt_number)
    return _files_page(request, disclosure, files, passphrase)


def _files_page(
    request: PersonRequest,
    disclosure: DisclosureRequest,
    files: list[OfferedFile],
    passphrase: str = "",  # nosec B107, none
) -> HttpResponse:
    context = {
        "disclosure": disclosure,
        "type_name": type_name(disclosure.request_type),
        "files": files,
        "mailed": answer_mails.in_force(disclosure) if files else None,
        "too_large": answer_mails.is_mailed(disclosure),
        "passphrase": passphrase,
    }
    return render(request, "portal/requests/answer_files.html", context)


def _chosen(files: list[AnswerFile], pk: str) -> AnswerFile:
    for entry in files:
        if str(entry.pk) == pk:
            return entry
    raise Http404


@login_required
@never_cache
@require_GET
def answer_download(request: PersonRequest, receipt: str, grant: UUID) -> HttpResponseBase:
    """One file, once. A used or expired link is answered with 410 and the way to a new one.

    HEAD is refused: a program that looks ahead must not use the link up.
    """
    disclosure = own_request_or_404(request, receipt)
    if not DownloadGrant.objects.filter(pk=grant, user=request.user, answer_file__request=disclosure).exists():
        raise Http404
    try:
        answer_file, chunks = access.open_grant(grant_id=grant, user=request.user, now=timezone.now())
    except (access.GrantExpired, access.GrantUsed) as error:
        context = {
            "disclosure": disclosure,
            "type_name": type_name(disclosure.request_type),
            "used": isinstance(error, access.GrantUsed),
        }
        return render(request, "portal/requests/answer_link_ended.html", context, status=410)
    response = StreamingHttpResponse(chunks, content_type=answer_file.file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, answer_file.file.name) or "attachment"
    response["Content-Length"] = str(answer_file.file.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response
