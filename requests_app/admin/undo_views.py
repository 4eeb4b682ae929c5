"""Taking back a correction, and ending a stop of a gift recipient's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.admin.suspensions import EndForm
from consent_app.domain.registered_words import in_words
from consent_app.models import CustomerChange, DataItem, RecipientChange, RecipientSuspension
from consent_app.services import customer_changes
from privacy_portal.core.services import audit

from ..models import DisclosureRequest
from ..services import undo
from .case_views import Refused, back_to, case_page, staff_of, words_of
from .forms import NoteForm
from .steps import VIEW_CUSTOMER

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


def take_back(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, change_id: Any
) -> HttpResponse:
    """The value now and the one before the correction; with a reason, the one before is registered again."""
    _require(request, case)
    change = next((one for one in undo.done_by(case).changes if one.pk == change_id), None)
    if change is None:
        raise Http404
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            undo.take_back(
                request=case,
                change=change,
                actor=staff_of(request),
                reason=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            told = isinstance(change, CustomerChange)
            words = _("前の内容に戻しました。本人にはメールで知らせます。") if told else _("元に戻しました。")
            notices.success(request, str(words))
            return back_to(case)
    _seen(request, case)
    return case_page(request, case, site, "take_back", _("訂正を元に戻す"), form=form, **_both(case, change))


def end_stop(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, stop_id: Any) -> HttpResponse:
    """What was stopped for a recipient of gifts, and why it may be used again."""
    _require(request, case)
    stops = [one for one in undo.done_by(case).stops if isinstance(one, RecipientSuspension)]
    stop = next((one for one in stops if one.pk == stop_id), None)
    if stop is None:
        raise Http404
    if stop.ended_at is not None:
        notices.info(request, str(_("この停止は、もう終わっています。")))
        return back_to(case)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            undo.end_stop(
                request=case,
                stop=stop,
                actor=staff_of(request),
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            notices.success(request, str(_("停止を終えました。")))
            return back_to(case)
    _seen(request, case)
    return case_page(request, case, site, "end_stop", _("停止を終える"), form=form, stop=stop)


def _require(request: HttpRequest, case: DisclosureRequest) -> None:
    if not all(map(staff_of(request).has_perm, ("requests_app.decide_request", VIEW_CUSTOMER))):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied


def _seen(request: HttpRequest, case: DisclosureRequest) -> None:
    if case.customer is not None:
        audit.record(action="customer.viewed", actor=staff_of(request), obj=case.customer)
    else:
        audit.record(action="identity.recipients_viewed", actor=staff_of(request), obj=case, detail={"count": 1})


def _both(case: DisclosureRequest, change: CustomerChange | RecipientChange) -> dict[str, Any]:
    """What is there now, and what comes back."""
    item = DataItem.objects.filter(code=change.item).first() or change.item
    if isinstance(change, RecipientChange):
        before = " / ".join(in_words(change.item, one) for one in change.before)
        return {"item": item, "present": in_words(change.item, change.after), "before": before}
    present = customer_changes.values_of(case.customer, change.item) if case.customer else {}
    return {
        "item": item,
        "present": in_words(change.item, present),
        "before": in_words(change.item, customer_changes.restored(change)),
    }
