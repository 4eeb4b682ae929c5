"""What was erased, in numbers and dates; who is kept out of imports, and letting somebody come back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy_portal.core.services import audit

from ..domain.erasure import COUNTED
from ..domain.formats import FORMATS
from ..models import DataItem, ErasureMark, ErasureRecord
from ..services import erasure_marks
from . import persons
from .base import ReadOnlyAdmin
from .refusing import RefusingForm

LOOK, LIFT = "consent_app.view_erasuremark", "consent_app.change_erasuremark"


class MarkForm(RefusingForm):
    """Whom a mark may be about."""

    kind = forms.ChoiceField(
        label=_("調べるもの"),
        choices=[("email", _("メールアドレス")), ("id", _("取得元でのID"))],
        initial="email",
        widget=UnfoldAdminRadioSelectWidget,
    )
    source = forms.ChoiceField(
        label=_("取得元"),
        required=False,
        choices=[("", _("（メールアドレスのときは選びません）")), *((code, code) for code in FORMATS)],
        widget=UnfoldAdminSelectWidget,
    )
    value = forms.CharField(
        label=_("メールアドレスまたはID"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    digest: bytes = b""

    def clean(self) -> dict[str, Any]:
        """What was typed becomes the mark; the value itself goes no further."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["kind"] == "id" and not cleaned["source"]:
            self.add_error("source", _("取得元を選んでください。"))
            return cleaned
        try:
            self.digest = erasure_marks.digest_of_typed(cleaned["kind"], cleaned["value"], cleaned["source"])
        except erasure_marks.Unreadable:
            self.add_error("value", _("メールアドレスかIDを確かめてください。"))
        return cleaned


class LiftForm(MarkForm):
    """Why somebody who was erased may be imported again. What was looked up goes along, hidden."""

    reason = forms.CharField(
        label=_("外す理由"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("本人の希望を何で確かめたか。個人データは書きません。"),
    )
    confirmed = forms.BooleanField(
        label=_("本人がもう一度お客さまになることを望んでいると確かめました。"), widget=forms.CheckboxInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "source", "value"):
            self.fields[name].widget = forms.HiddenInput()


@admin.register(ErasureRecord)
class ErasureRecordAdmin(ReadOnlyAdmin):
    """Numbers and dates: whom an erasure was about is not kept."""

    list_display = ("erased_at", "reference", "scope", "erased", "later", "erased_by")
    list_filter = ("everything",)
    list_select_related = ("erased_by",)
    search_fields = ("reference",)
    search_help_text = _("受付番号")
    date_hierarchy = "erased_at"
    fields = ("reference", ("erased_at", "erased_by"), "scope", "erased", "later")
    readonly_fields = ("scope", "erased", "later")
    list_before_template = "admin/consent_app/erasurerecord/before.html"

    @display(description=_("対象"))
    def scope(self, record: ErasureRecord) -> str:
        if record.everything:
            return gettext("すべて")
        names = {item.code: str(item) for item in DataItem.objects.filter(code__in=record.items)}
        return gettext("、").join(names.get(code, code) for code in record.items)

    @display(description=_("消した件数"))
    def erased(self, record: ErasureRecord) -> str:
        lines = [f"{words} {record.counts[place]}" for place, words in COUNTED.items() if record.counts.get(place)]
        return gettext("、").join(lines) or gettext("なし")

    @display(description=_("あとで消すもの"))
    def later(self, record: ErasureRecord) -> str:
        lines = [
            gettext("%(what)s %(number)s（%(day)sまで）")
            % {
                "what": COUNTED.get(one["place"], one["place"]),
                "number": one["number"],
                "day": date_format(date.fromisoformat(one["until"]), "Y-m-d"),
            }
            for one in record.deferred
        ]
        return gettext("、").join(lines) or gettext("なし")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("marks/", wrap(self.marks_view), name="consent_app_erasurerecord_marks"),
            path("marks/lift/", wrap(self.lift_view), name="consent_app_erasurerecord_lift"),
            *super().get_urls(),
        ]

    def marks_view(self, request: HttpRequest) -> HttpResponse:
        """Would this address or id be kept out? What is asked is posted, never in an address."""
        _require(request, LOOK)
        form = MarkForm(request.POST or None)
        kept_out: bool | None = None
        lift: LiftForm | None = None
        if request.method == "POST" and form.is_valid():
            kind = form.cleaned_data["kind"]
            kept_out = erasure_marks.is_kept_out(digest=form.digest, kind=kind, actor=persons.staff(request))
            if kept_out and request.user.has_perm(LIFT):
                lift = LiftForm(initial={name: form.cleaned_data[name] for name in ("kind", "source", "value")})
        return self._marks_page(request, form, kept_out, lift)

    def lift_view(self, request: HttpRequest) -> HttpResponse:
        """The person comes back; the page says so, and nothing that was erased returns."""
        _require(request, LIFT)
        if request.method != "POST":
            return redirect(reverse("admin:consent_app_erasurerecord_marks"))
        lift = LiftForm(request.POST)
        if not lift.is_valid():
            return self._marks_page(request, MarkForm(initial=request.POST.dict()), True, lift)
        done = erasure_marks.lift(
            digest=lift.digest,
            kind=lift.cleaned_data["kind"],
            actor=persons.staff(request),
            reason=lift.cleaned_data["reason"],
            now=timezone.now(),
        )
        if done:
            messages.success(request, _("印を外しました。次の取込から、この方はまた登録されます。"))
        else:
            messages.info(request, _("この印は、もう外れています。"))
        return redirect(reverse("admin:consent_app_erasurerecord_marks"))

    def _marks_page(
        self, request: HttpRequest, form: MarkForm, kept_out: bool | None, lift: LiftForm | None
    ) -> HttpResponse:
        marks = ErasureMark.objects.filter(lifted_at=None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("取込から除く人の印"),
            "back_url": reverse("admin:consent_app_erasurerecord_changelist"),
            "back_label": self.opts.verbose_name_plural,
            "form": form,
            "kept_out": kept_out,
            "lift": lift,
            "in_force": marks.count(),
            "lifted": ErasureMark.objects.exclude(lifted_at=None).count(),
        }
        return TemplateResponse(request, "admin/consent_app/erasurerecord/marks.html", context)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        audit.record(action="erasure.denied", actor=persons.staff(request))
        raise PermissionDenied
