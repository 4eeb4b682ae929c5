"""Asking for leave to take a large file out, giving it, and taking the file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from privacy_portal.core import downloads
from privacy_portal.core.services import audit, files

from ..models import ExportKind, ExportOrder
from ..services import entrusted_file, export_files, exports, file_runs, provision_runs
from .base import ReadOnlyAdmin, admin_url
from .persons import staff
from .refusing import RefusingForm

STATES: dict[str, Any] = {
    "waiting": _("承認待ち"),
    "making": _("準備中"),
    "ready": _("ダウンロードできます"),
    "failed": _("用意できませんでした"),
    "declined": _("却下"),
    "withdrawn": _("取り消し"),
    "used": _("ダウンロード済み"),
    "over": _("期限切れ"),
}
OPEN = ("waiting", "making", "ready")


class AskForm(RefusingForm):
    """What the file is for."""

    why = forms.CharField(
        label=_("持ち出す理由"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("だれに、何のために渡すか。氏名などの個人データは書かないでください。"),
    )


def second_person(request: HttpRequest, needed: exports.NeedsSecondPerson) -> HttpResponse:
    """To the page on which leave is asked for, or to what was asked for already."""
    orders = ExportOrder.objects.filter(kind=needed.kind, object_id=str(needed.obj.pk), asked_by=staff(request))
    for order in orders:
        if order.state(timezone.now()) in OPEN and order.persons >= needed.persons:
            return redirect(admin_url(order))
    messages.warning(request, str(needed))
    return redirect("admin:consent_app_exportorder_ask", kind=needed.kind, key=str(needed.obj.pk))


@admin.register(ExportOrder)
class ExportOrderAdmin(ReadOnlyAdmin):
    """What was asked for, by whom, and what became of it."""

    list_display = ("asked_at", "kind", "persons", "asked_by", "shown_state", "decided_by")
    list_filter = ("kind",)
    list_select_related = ("asked_by", "decided_by")
    fields = (
        ("kind", "persons", "shown_state"),
        "why",
        ("asked_by", "asked_at", "expires_at"),
        ("decided_by", "decided_at"),
        ("made_at", "downloads", "problem"),
        ("withdrawn_by", "withdrawn_at"),
    )
    readonly_fields = ("shown_state",)
    change_form_outer_before_template = "admin/consent_app/exportorder/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportOrder]:
        rows: QuerySet[ExportOrder] = super().get_queryset(request)
        return rows.select_related("asked_by", "decided_by", "withdrawn_by")

    @display(
        description=_("状態"),
        label={
            "waiting": "warning",
            "making": "info",
            "ready": "success",
            "failed": "danger",
            "declined": "danger",
            "withdrawn": "",
            "used": "",
            "over": "",
        },
    )
    def shown_state(self, order: ExportOrder) -> tuple[str, str]:
        state = order.state(timezone.now())
        return state, str(STATES[state])

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            wrapped = self.admin_site.admin_view(require_POST(view))
            return path(f"<uuid:pk>/{name}/", wrapped, name=f"consent_app_exportorder_{name}")

        ask = self.admin_site.admin_view(self.ask_view)
        return [
            path("ask/<slug:kind>/<str:key>/", ask, name="consent_app_exportorder_ask"),
            named("decide", self.decide_view),
            named("withdraw", self.withdraw_view),
            named("take", self.take_view),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The order with what can be done now: answer it, take it back, or take the file."""
        order = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if isinstance(order, ExportOrder):
            state, own = order.state(timezone.now()), order.asked_by_id == staff(request).pk
            approver = request.user.has_perm(exports.APPROVE)
            about = export_files.object_of(order.kind, order.object_id)
            model = about and about._meta
            context = {
                "order": order,
                "own": own,
                "state": state,
                "left": order.DOWNLOADS - order.downloads,
                "about": about,
                "about_url": admin_url(about)
                if model and request.user.has_perm(f"{model.app_label}.view_{model.model_name}")
                else "",
                "may_decide": state == "waiting" and not own and approver,
                "may_take": state == "ready" and own,
                "may_withdraw": state in OPEN and (own or approver),
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def ask_view(self, request: HttpRequest, kind: str, key: str) -> HttpResponse:
        """What the file is for; then somebody else decides."""
        if kind not in exports.NEEDS:
            raise Http404
        if not exports.may_take(staff(request), kind):
            audit.record(action="export.denied", actor=staff(request))
            raise PermissionDenied
        obj = export_files.object_of(kind, key)
        if obj is None:
            raise Http404
        persons, form = export_files.persons(obj), AskForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            why = form.cleaned_data["why"]
            try:
                order = exports.ask(
                    kind=kind, obj=obj, persons=persons, why=why, actor=staff(request), now=timezone.now()
                )
            except exports.ExportError as error:
                messages.error(request, str(error))
                return redirect(admin_url(obj))
            messages.success(request, _("承認を求めました。承認できる人にメールで知らせます。"))
            return redirect(admin_url(order))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("大きなファイルの持出しの承認を求める"),
            "back_url": admin_url(obj),
            "back_label": str(ExportKind(kind).label),
            "form": form,
            "submit": _("承認を求める"),
            "note": _now("%(persons)s人のデータです。ほかの人が承認すると、あなたがダウンロードできるようになります。")
            % {"persons": persons},
        }
        return TemplateResponse(request, "admin/consent_app/person/form.html", context)

    def _order(self, request: HttpRequest, pk: Any, permission: str = "consent_app.view_exportorder") -> ExportOrder:
        """One that this person may know of; the services say what they may do with it."""
        order = ExportOrder.objects.filter(pk=pk).first()
        if not request.user.has_perm(permission):
            audit.record(action="export.denied", actor=staff(request), obj=order)
            raise PermissionDenied
        if order is None:
            raise Http404
        return order

    def decide_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Yes or no."""
        order = self._order(request, pk, exports.APPROVE)
        answer = request.POST.get("answer")
        if answer in ("yes", "no"):
            try:
                exports.decide(order=order, approve=answer == "yes", actor=staff(request), now=timezone.now())
            except exports.ExportError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("承認しました。") if answer == "yes" else _("却下しました。"))
        return redirect(admin_url(order))

    def withdraw_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Take it back."""
        order = self._order(request, pk)
        try:
            exports.withdraw(order=order, actor=staff(request), now=timezone.now())
        except exports.ExportError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("取り消しました。"))
        return redirect(admin_url(order))

    def take_view(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        """The file, decrypted while it is sent, for whoever asked for it."""
        order = self._order(request, pk)
        problems = exports.ExportError, entrusted_file.NotChosen, entrusted_file.Stopped
        try:
            file = export_files.take(order=order, actor=staff(request), now=timezone.now())
        except problems as error:
            messages.error(request, str(error))
        except file_runs.NotReady:
            messages.error(request, _("ファイルはもうありません。"))
        except provision_runs.Stopped as stopped:
            words = _now("もう渡せない人が%(people)s人います。ファイルは消去しました。もう一度作ってください。")
            messages.error(request, words % {"people": stopped.people})
        else:
            return downloads.attachment(files.open_stream(file), name=file.name, content_type=file.content_type)
        return redirect(admin_url(order))
