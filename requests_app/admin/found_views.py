"""The page of one finding: what of it goes into the answer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextareaWidget

from privacy_portal.core.downloads import attachment
from privacy_portal.core.services import audit
from privacy_portal.core.upload_fields import CleanFileField

from ..domain.request_types import REQUEST_TYPES
from ..models import CaseFinding, DisclosureRequest, FoundContent
from ..services import found_contents
from ..services.errors import FileGone, NotAllowed, RequestError
from ..services.instructions import TEXT_LENGTH, InvalidInstruction
from ..services.permissions import may_act_as_staff
from .case_views import back_to, case_page, require_permission, staff_of

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class ContentForm(forms.Form):
    """A text, a file, or both."""

    text = forms.CharField(
        label=_("見つけた内容"),
        required=False,
        max_length=TEXT_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("保有しているとおりに写します。本人にそのまま渡します。"),
    )
    file = CleanFileField(
        label=_("ファイル"),
        required=False,
        help_text=_(
            "PDF、PNG、JPEG。位置情報や作成者などは取り除きます。ほかの人の情報は、塗りつぶしてから選んでください。"
        ),
    )


def is_disclosed(case: DisclosureRequest) -> bool:
    """Whether what is found is given to the person."""
    return REQUEST_TYPES[case.request_type].effect == "package"


def contents(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, finding_id: uuid.UUID
) -> HttpResponse:
    """What was put in, with a form for more and a button to take each out again."""
    finding = case.findings.select_related("item", "request").filter(pk=finding_id).first()
    if finding is None or finding.result != CaseFinding.Result.FOUND or not is_disclosed(case):
        raise Http404
    if request.method == "POST":
        require_permission(request, case, "change_disclosurerequest")
        if "remove" in request.POST:
            return _taken_out(request, case, finding)
    form = ContentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _put_in(request, finding, form):
        return redirect("admin:requests_app_case_found", case.pk, finding.pk)
    audit.record(action="request.viewed", actor=staff_of(request), obj=case)
    rows = finding.contents.filter(removed_at=None).select_related("file", "added_by")
    may_change = case.status in found_contents.OPEN and may_act_as_staff(staff_of(request), case)
    return case_page(
        request, case, site, "found", _("回答に入れるデータ"), form=form, finding=finding, rows=rows, may=may_change
    )


def _put_in(request: HttpRequest, finding: CaseFinding, form: ContentForm) -> bool:
    try:
        found_contents.put_in(finding=finding, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
    except NotAllowed:
        raise PermissionDenied from None
    except InvalidInstruction as error:
        form.add_error("text", str(error))
    except RequestError as error:
        form.add_error(None, str(error))
    else:
        notices.success(request, str(_("回答に入れました。")))
        return True
    return False


def _taken_out(request: HttpRequest, case: DisclosureRequest, finding: CaseFinding) -> HttpResponse:
    try:
        key = uuid.UUID(request.POST["remove"])
    except ValueError:
        raise Http404 from None
    found = finding.contents.select_related("finding__request").filter(pk=key).first()
    if found is None:
        raise Http404
    try:
        found_contents.take_out(content=found, actor=staff_of(request), now=timezone.now())
    except NotAllowed:
        raise PermissionDenied from None
    except RequestError as error:
        notices.error(request, str(error))
    else:
        notices.success(request, str(_("回答から取り除きました。")))
    return redirect("admin:requests_app_case_found", case.pk, finding.pk)


@require_POST
def open_file(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, content_id: uuid.UUID
) -> HttpResponseBase:
    """A file that was put in, always as a download. The look is recorded."""
    rows: Any = FoundContent.objects.filter(finding__request=case, removed_at=None).exclude(file=None)
    found = rows.select_related("file", "finding__request").filter(pk=content_id).first()
    if found is None:
        raise Http404
    try:
        content = found_contents.open_file(content=found, actor=staff_of(request))
    except NotAllowed:
        raise PermissionDenied from None
    except FileGone as error:
        notices.error(request, str(error))
        return back_to(case)
    return attachment(content, name=found.file.name, content_type=found.file.content_type)
