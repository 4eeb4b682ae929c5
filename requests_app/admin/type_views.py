"""The pages on which staff put right as what a registered request was written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from ..domain.request_types import REQUEST_TYPES
from ..models import DisclosureRequest
from ..services import corrections, registration, type_corrections
from ..services.errors import NotAllowed
from .case_views import back_to, case_page, refused_step, staff_of
from .paper_views import pdf, tried
from .register_form import ScopeForm, Section
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class TypeForm(ScopeForm):
    """What the new type asks, and why it is the right one."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def build(self) -> None:
        super().build()
        widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
        self.fields["reason"] = forms.CharField(
            label=_("直す理由"), max_length=corrections.REASON_LENGTH, widget=widget
        )

    @property
    def sections(self) -> list[Section]:
        """What is asked, then why it is put right."""
        return [*self.scope_sections, Section(_("理由"), [self["reason"]])]

    def grown(self) -> TypeForm:
        """The same with room for another item."""
        return TypeForm(entry=self.entry, initial=self.more_rows())


def choose(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """As what it should go on: each right asks for something else."""
    if refused := refused_step(case, request, "retype"):
        return refused
    types = [REQUEST_TYPES[code] for code in registration.registrable_types() if code != case.request_type]
    return case_page(request, case, site, "retype", BY_CODE["retype"].label, types=types)


@sensitive_post_parameters()
def correct(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, request_type: str
) -> HttpResponse:
    """What the new type asks, read from the letter once more."""
    if refused := refused_step(case, request, "retype"):
        return refused
    if request_type not in registration.registrable_types() or request_type == case.request_type:
        raise Http404
    entry = REQUEST_TYPES[request_type]
    initial = {"seen": corrections.revision(case), "wanted_note": case.wanted_note or ""}
    form = TypeForm(request.POST or None, entry=entry, initial=initial)
    if "more" in request.POST:
        form = form.grown()
    elif request.method == "POST" and form.is_valid():
        typed: dict[str, Any] = dict(form.cleaned_data)
        reason, seen = typed.pop("reason"), typed.pop("seen")

        def service() -> object:
            return type_corrections.correct_type(
                request=case, actor=staff_of(request), request_type=request_type, answers=typed, reason=reason,
                seen=seen, now=timezone.now(),
            )  # fmt: skip

        if tried(form, service):
            notices.success(request, str(_("種類を直しました。「登録の訂正」の手紙で、本人に知らせてください。")))
            return back_to(case)
    return case_page(request, case, site, "retype_to", BY_CODE["retype"].label, form=form, new_type=entry)


@require_POST
def letter(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, correction_id: Any
) -> HttpResponse:
    """What was put right, as a letter to print."""
    found = case.corrections.filter(pk=correction_id, field=type_corrections.FIELD)
    correction = found.select_related("request").first()
    if correction is None:
        raise Http404
    try:
        content = type_corrections.letter(correction=correction, actor=staff_of(request), now=timezone.now())
    except NotAllowed:
        raise PermissionDenied from None
    return pdf(content, f"{case.receipt_number}-type.pdf")
