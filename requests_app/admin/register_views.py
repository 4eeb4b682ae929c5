"""The pages on which staff write down what came by letter, telephone, at the counter or by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from privacy_portal.core.services import audit

from ..domain.request_types import REQUEST_TYPES
from ..models import DisclosureRequest
from ..services import registration
from ..services.errors import FileGone, InvalidAnswers, NotAllowed
from .case_views import TEMPLATES, back_to, staff_of
from .register_form import RegisterForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

TITLE = _("届いた請求を登録する")


def _require(request: HttpRequest) -> None:
    if not staff_of(request).has_perm(registration.PERMISSION):
        audit.record(action="admin.denied", actor=staff_of(request))
        raise PermissionDenied


def _page(request: HttpRequest, site: DisclosureRequestAdmin, template: str, **context: Any) -> HttpResponse:
    frame = {**site.admin_site.each_context(request), "opts": site.opts, "title": TITLE, "tab": ""}
    return TemplateResponse(request, f"{TEMPLATES}/{template}.html", {**frame, **context})


def choose(request: HttpRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Which right it is about: each asks for something else."""
    _require(request)
    types = [REQUEST_TYPES[code] for code in registration.registrable_types()]
    return _page(request, site, "register", types=types)


@sensitive_post_parameters()
def fill_in(request: HttpRequest, site: DisclosureRequestAdmin, request_type: str) -> HttpResponse:
    """What came, on one page. What is wrong stands beside its field, and what was typed stays."""
    _require(request)
    if request_type not in registration.registrable_types():
        raise Http404
    entry = REQUEST_TYPES[request_type]
    form = RegisterForm(request.POST or None, request.FILES or None, entry=entry)
    if "more" in request.POST:
        form = form.grown()
    elif request.method == "POST" and form.is_valid():
        try:
            case = registration.register(
                actor=staff_of(request),
                request_type=request_type,
                arrival=form.arrival,
                answers=form.answers,
                scan=form.cleaned_data["scan"],
                now=timezone.now(),
            )
        except InvalidAnswers as error:
            form.tell(error.errors)
        except NotAllowed:
            raise PermissionDenied from None
        else:
            notices.success(request, str(_("請求を登録しました。受付番号を本人に知らせてください。")))
            return back_to(case)
    if "scan" in request.FILES and "scan" not in form.errors:
        # A browser does not send a file twice by itself, and nobody must think that it was kept.
        notices.warning(request, str(_("原本の写しを、もう一度選んでください。")))
    back_url = reverse("admin:requests_app_register")
    return _page(request, site, "register_form", form=form, request_type=entry, back_url=back_url)


@require_POST
def open_received(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, file_id: Any
) -> HttpResponse | StreamingHttpResponse | HttpResponseRedirect:
    """The original, always as a download: what a stranger sent is not shown inside of our pages."""
    received = case.received_files.select_related("file", "request").filter(pk=file_id).first()
    if received is None:
        raise Http404
    try:
        content = registration.open_received(received=received, actor=staff_of(request))
    except NotAllowed:
        raise PermissionDenied from None
    except FileGone as error:
        notices.error(request, str(error))
        return back_to(case)
    return StreamingHttpResponse(
        content,
        content_type=received.file.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{received.file.name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
