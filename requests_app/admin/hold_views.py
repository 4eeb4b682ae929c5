"""The pages of a case on which its data is kept beyond its time, and on which that ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from ..models import DisclosureRequest, RetentionHold
from ..services import holds
from .case_views import Refused, back_to, case_page, refused_step, staff_of, words_of
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class EndForm(forms.Form):
    """Why it ends."""

    reason = forms.CharField(
        label=_("終える理由"), max_length=holds.REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )


class HoldForm(forms.Form):
    """What for, and the reason."""

    kind = forms.ChoiceField(label=_("種類"), choices=RetentionHold.Kind.choices, widget=UnfoldAdminRadioSelectWidget)
    reason = forms.CharField(
        label=_("理由"),
        max_length=holds.REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("何のために、いつまで必要か。本人には見えません。暗号化して保管します。"),
    )


def _tried(form: forms.Form, service: Callable[[], object]) -> bool:
    try:
        service()
    except Refused as error:
        field = error.field if isinstance(error, holds.InvalidHold) and error.field in form.fields else None
        form.add_error(field, words_of(error))
    else:
        return True
    return False


@sensitive_post_parameters()
def place(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Keep the case, with a reason."""
    if refused := refused_step(case, request, "hold"):
        return refused
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if _tried(form, lambda: holds.place(request=case, actor=staff_of(request), now=timezone.now(), **given)):
            notices.success(request, str(_("消去を保留しました。終えるまで、何も消去されません。")))
            return back_to(case)
    return case_page(request, case, site, "hold", BY_CODE["hold"].label, form=form, ending=None)


@sensitive_post_parameters()
def end(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Let the data go when its time is over."""
    if refused := refused_step(case, request, "unhold"):
        return refused
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if _tried(form, lambda: holds.end(request=case, reason=reason, actor=staff_of(request), now=timezone.now())):
            notices.success(request, str(_("保留を終えました。期限の過ぎたものは、1時間のうちに消去されます。")))
            return back_to(case)
    title = BY_CODE["unhold"].label
    return case_page(request, case, site, "hold", title, form=form, ending=holds.in_force(case))
