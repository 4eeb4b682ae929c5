"""Taking back a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.registered_words import in_words
from consent_app.models import DataItem
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
    change = undo.done_by(case).changes.filter(pk=change_id).first()
    if change is None or case.customer is None:
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
            notices.success(request, str(_("前の内容に戻しました。本人にはメールで知らせます。")))
            return back_to(case)
    audit.record(action="customer.viewed", actor=staff_of(request), obj=case.customer)
    return case_page(
        request, case, site, "take_back", _("訂正を元に戻す"),
        form=form,
        item=DataItem.objects.filter(code=change.item).first() or change.item,
        present=in_words(change.item, customer_changes.values_of(case.customer, change.item)),
        before=in_words(change.item, customer_changes.restored(change)),
    )  # fmt: skip
