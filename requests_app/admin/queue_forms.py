"""The forms of the queue: who looks after what, and which lists are kept."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from privacy_portal.core.models import User

from ..domain.answers import MY_NUMBER, holds_my_number
from ..domain.transitions import OPEN_STATUSES
from .forms import REASON_LENGTH


class StaffChoiceField(forms.ModelChoiceField):
    """Who looks after a case, each with how much they look after already."""

    def __init__(self, **kwargs: Any) -> None:
        mine = Count("assigned_requests", filter=Q(assigned_requests__status__in=sorted(OPEN_STATUSES)))
        staff = User.objects.filter(is_staff=True, is_active=True).annotate(open_cases=mine)
        super().__init__(staff.order_by("display_name", "email"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        words = ngettext("%(name)s（進行中 %(number)d件）", "%(name)s（進行中 %(number)d件）", obj.open_cases)
        return words % {"name": obj, "number": obj.open_cases}


class AssignForm(forms.Form):
    """Who looks after the case."""

    assigned_to = StaffChoiceField(
        label=_("担当者"), required=False, empty_label=_("決めない"), widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(
        label=_("引き継ぎ"),
        required=False,
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("次の担当者が知っておくこと。本人には見えません。暗号化して保存します。"),
    )

    def clean_note(self) -> str:
        """Refused beside the field, with what was typed."""
        note = str(self.cleaned_data["note"])
        if holds_my_number(note):
            raise ValidationError(MY_NUMBER, code="my_number")
        return note


class SavedViewForm(forms.Form):
    """A list of the queue to keep."""

    name = forms.CharField(
        label=_("名前"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("仕事の名前にします。人の名前は書かないでください。"),
    )
    shared = forms.BooleanField(label=_("ほかの担当者にも見せる"), required=False, widget=UnfoldBooleanWidget)
    first = forms.BooleanField(
        label=_("「開示等の請求」を開いたとき、最初にこの一覧を出す"), required=False, widget=UnfoldBooleanWidget
    )
