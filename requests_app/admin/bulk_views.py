"""What may be done to several cases at once: giving them to somebody, which decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages as notices
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..models import DisclosureRequest
from ..services import assignment
from .case_views import TEMPLATES, staff_of
from .queue_forms import AssignForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

LIMIT = 200
_SEEN = "seen-"


def assign_selected(
    site: DisclosureRequestAdmin, request: HttpRequest, queryset: QuerySet[DisclosureRequest]
) -> HttpResponse | None:
    """Ask to whom, then give each case by itself and say which could not be given, and why."""
    cases = list(queryset.select_related("assigned_to").order_by("target_on", "received_at")[: LIMIT + 1])
    if len(cases) > LIMIT:
        notices.error(request, gettext("一度に%(limit)d件までです。絞り込んでから選んでください。") % {"limit": LIMIT})
        return None
    confirmed = "confirmed" in request.POST
    form = AssignForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        result = assignment.assign_all(
            requests={case.pk: _seen(request, case) for case in cases},
            actor=staff_of(request),
            to=form.cleaned_data["assigned_to"],
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
        _tell(request, result)
        return None
    return TemplateResponse(
        request,
        f"{TEMPLATES}/bulk_assign.html",
        {
            **site.admin_site.each_context(request),
            "opts": site.opts,
            "title": _("担当者を決める"),
            "tab": "",
            "form": form,
            "cases": cases,
            "selected_name": ACTION_CHECKBOX_NAME,
            "back_url": request.get_full_path(),
        },
    )


def _seen(request: HttpRequest, case: DisclosureRequest) -> UUID | None:
    """Who looked after the case when the page was shown; who is named wrongly is seen to have changed."""
    shown = request.POST.get(f"{_SEEN}{case.pk}", "")
    try:
        return UUID(shown) if shown else None
    except ValueError:
        return UUID(int=0)


def _tell(request: HttpRequest, result: assignment.Assigned) -> None:
    if result.done:
        number = len(result.done)
        words = ngettext("%(number)d件の担当者を決めました。", "%(number)d件の担当者を決めました。", number)
        notices.success(request, words % {"number": number})
    if result.changed:
        changed = _("ほかの人が先に担当者を変えたため、そのままにしました：%(numbers)s")
        notices.warning(request, str(changed % {"numbers": "、".join(result.changed)}))
    if result.refused:
        refused = _("その人は扱えないため、そのままにしました：%(numbers)s")
        notices.error(request, str(refused % {"numbers": "、".join(result.refused)}))
