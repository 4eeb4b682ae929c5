"""The page of a case where the internal target is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextareaWidget

from ..models import DisclosureRequest
from ..services import extensions
from ..services.extensions import REASON_LENGTH, InvalidExtension
from .case_views import Refused, back_to, case_page, refused_step, staff_of, words_of
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class DayInput(UnfoldAdminDateWidget):
    """The browser's own calendar."""

    input_type = "date"


class ExtensionForm(forms.Form):
    """The new day and the reason for it."""

    to_on = forms.DateField(label=_("新しい目標日"), widget=DayInput(format="%Y-%m-%d"))
    reason = forms.CharField(
        label=_("延ばす理由"),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("本人のページに載ります。メールには載りません。"),
    )


def extend(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A later target, told to the person with its reason."""
    if refused := refused_step(case, request, "extend"):
        return refused
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            extensions.extend(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            field = error.field if isinstance(error, InvalidExtension) and error.field in form.fields else None
            form.add_error(field, words_of(error))
        else:
            notices.success(request, str(_("目標日を延ばし、本人に知らせました。")))
            return back_to(case)
    return case_page(request, case, site, "extend", BY_CODE["extend"].label, form=form)
