"""Taking back a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
    if not all(map(staff_of(request).has_perm, ("requests_app.decide_request", VIEW_CUSTOMER))):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied
    done = undo.done_by(case)
    stops = [one for one in done.stops if isinstance(one, RecipientSuspension)]
    change = next((one for one in (*done.changes, *stops) if one.pk == change_id), None)
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
    if case.customer is not None:
        audit.record(action="customer.viewed", actor=staff_of(request), obj=case.customer)
    else:
        audit.record(action="identity.recipients_viewed", actor=staff_of(request), obj=case, detail={"count": 1})
    return case_page(request, case, site, "take_back", _("訂正を元に戻す"), form=form, **_both(case, change))


def _both(case: DisclosureRequest, change: CustomerChange | RecipientChange | RecipientSuspension) -> dict[str, Any]:
    """What is there now, and what comes back."""
    if isinstance(change, RecipientSuspension):
        return {"item": change.get_kind_display(), "present": _("停止中"), "before": _("停止を終える")}
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
