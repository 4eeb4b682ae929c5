"""The pages of an investigation: what is held, what is asked for, what was found, item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent_app.models import Customer, Recipient
from consent_app.models.parts import RECIPIENT_ITEM
from consent_app.services import customer_changes

from ..models import DisclosureRequest, RequestedChange
from ..selectors import linked_recipients
from ..services import changes
from ..services.changes import FINDING_LENGTH, InvalidFinding
from .case_page import changes_context
from .case_views import Refused, case_page, refused_step, staff_of, words_of
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class FindingForm(forms.Form):
    """What was found about one item, and the new values where the product writes them."""

    accepted = forms.ChoiceField(
        label=_("応じるかどうか"),
        choices=[("yes", _("変える")), ("no", _("変えない"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    finding = forms.CharField(
        label=_("調べた方法と結果"),
        max_length=FINDING_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("変えないときは、通知書にこのまま載ります。"),
    )

    def __init__(self, data: Any, *, change: RequestedChange) -> None:
        self.columns = change.columns
        gifts = _gifts(change)
        super().__init__(data, initial=_initial(change, gifts))
        if not self.columns:
            self.fields["finding"].help_text = _(
                "この項目は元のシステムで変えます。変えたあとの内容、または変えない理由を書いてください。通知書に載ります。"
            )
        for column in self.columns:
            self.fields[column] = forms.CharField(
                label=Customer._meta.get_field(column).verbose_name,  # type: ignore[union-attr]
                required=False,
                max_length=700,
                widget=UnfoldAdminTextInputWidget,
            )
        if gifts:
            self.fields["gift_orders"] = forms.MultipleChoiceField(
                label=_("直す注文（本人が贈り先）"),
                choices=[
                    (str(row.record_id), f"{row.record.external_id}{_('：')}{changes.row_words(change, row) or '—'}")
                    for row in gifts
                ],
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
                help_text=_("印を付けた注文の贈り先を、新しい内容にします。"),
            )

    @property
    def gift_orders(self) -> list[UUID]:
        """The chosen orders of others."""
        return [UUID(key) for key in self.cleaned_data.get("gift_orders", ())]

    @property
    def values(self) -> dict[str, str]:
        """The new values as typed, by column."""
        return {column: self.cleaned_data.get(column, "") for column in self.columns}


def _gifts(change: RequestedChange) -> list[Recipient]:
    """One row for each order of somebody else in which the person is the recipient, where they have the item."""
    if change.item.code != RECIPIENT_ITEM and change.item.code not in Recipient.ITEM_FIELDS:
        return []
    return list({row.record_id: row for row in linked_recipients(change.request)}.values())


def _initial(change: RequestedChange, gifts: list[Recipient]) -> dict[str, Any]:
    """What was written down before; the registered values where the item has not been looked at yet."""
    initial: dict[str, Any] = {"finding": change.finding or "", "gift_orders": change.gift_orders}
    if change.accepted is not None:
        initial["accepted"] = "yes" if change.accepted else "no"
    customer = change.request.customer
    if change.values:
        return initial | change.values
    if customer is not None and change.item.code in Customer.ITEM_FIELDS:
        values = customer_changes.values_of(customer, change.item.code)
        return initial | {column: value or "" for column, value in values.items()}
    if gifts:
        initial["gift_orders"] = [str(row.record_id) for row in gifts]
        initial |= {column: getattr(gifts[0], column) for column in change.columns}
    return initial


def examine(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Every item with its present and its wanted content."""
    if refused := refused_step(case, request, "examine"):
        return refused
    return case_page(request, case, site, "examine", BY_CODE["examine"].label, **changes_context(case))


def examine_one(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, change_id: Any
) -> HttpResponse:
    """One item: what was found and what it becomes."""
    if refused := refused_step(case, request, "examine"):
        return refused
    change = case.changes.select_related("item", "request__customer").filter(pk=change_id).first()
    if change is None:
        raise Http404
    form = FindingForm(request.POST or None, change=change)
    if request.method == "POST" and form.is_valid():
        try:
            changes.examine(
                change=change,
                actor=staff_of(request),
                accepted=form.cleaned_data["accepted"] == "yes",
                finding=form.cleaned_data["finding"],
                values=form.values,
                gift_orders=form.gift_orders,
                now=timezone.now(),
            )
        except InvalidFinding as error:
            for name, words in error.errors.items():
                form.add_error(name if name in form.fields else None, words)
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            notices.success(request, str(_("調べた結果を記録しました。")))
            return HttpResponseRedirect(reverse("admin:requests_app_case_examine", args=[case.pk]))
    return case_page(
        request, case, site, "examine_one", change.item, form=form, change=change,
        registered=changes.registered_words(change),
    )  # fmt: skip
