"""Joint use in the admin: prepare it, see what is missing, announce it, end it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from privacy_portal.core.admin.lookups import FewRows

from ..domain import joint_use as rules
from ..models import JointUse, JointUser
from ..services import joint_use_words, joint_uses, kept
from .base import text_column
from .kept import KeptAdmin
from .refusing import RefusingForm, RefusingModelForm

_FIXED = ("items", "users_ja", "users_en")
_STATES = {
    "incomplete": _("そろっていません"),
    "draft": _("下書き"),
    "coming": _("公表済み、開始前"),
    "changing": _("変更を予告中"),
    "active": _("行っている"),
    "ended": _("終了"),
}


class DateInput(UnfoldAdminTextInputWidget):
    """The browser's own calendar."""

    input_type = "date"


class PublishForm(RefusingForm):
    """From when on what is prepared holds, and that somebody looked at it."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    effective_from = forms.DateField(label=_("いつから"), widget=DateInput)
    same_party = forms.BooleanField(
        label=_("管理責任者は変わらず、その名称だけが変わります。"), required=False, widget=UnfoldBooleanWidget
    )
    confirmed = forms.BooleanField(
        label=_("日本語と英語の内容を確かめました。"),
        widget=UnfoldBooleanWidget,
        error_messages={"required": _("内容を確かめて、チェックを入れてください。")},
    )

    def __init__(self, *args: Any, renamed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not renamed:
            del self.fields["same_party"]


class MemberInline(FewRows, StackedInline):
    """Who uses the data jointly. Who leaves gets a last day; only a draft forgets."""

    model = JointUser
    form = RefusingModelForm
    extra = 0
    fields = (("name_ja", "name_en"), ("since", "until"), "country")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == JointUse.State.DRAFT)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and super().has_change_permission(request, obj)


@admin.register(JointUse)
class JointUseAdmin(KeptAdmin):
    """What staff prepare; what was announced stands above the form and cannot be changed."""

    list_display = ("shown_name", "shown_state", "shown_missing", "shown_since", "shown_members")
    list_filter = ("state", "purposes")
    search_fields = ("code", "name_ja", "name_en", "users_ja", "users_en", "responsible_name_ja", "responsible_name_en")
    inlines = (MemberInline,)
    change_form_outer_before_template = "admin/consent_app/jointuse/before.html"
    shown_name = text_column("name", _("名称"))
    fieldsets = (
        (None, {"fields": ("code", ("name_ja", "name_en"))}),
        (_("共同で使うもの"), {"fields": ("items", ("users_ja", "users_en"), "purposes")}),
        (
            _("管理の責任者"),
            {
                "fields": (
                    ("responsible_name_ja", "responsible_name_en"),
                    ("responsible_address_ja", "responsible_address_en"),
                    "responsible_is_person",
                    ("responsible_representative_ja", "responsible_representative_en"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[JointUse]:
        return joint_uses.with_parts(super().get_queryset(request))

    class Media:
        css = {"all": ["admin_portal/case.css"]}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A few entries are seen at once; a list box hides them and loses choices with one click."""
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget()}
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is for good; items and scope are once they were announced (article 27(6))."""
        if obj is None:
            return ()
        return ("code",) if obj.state == JointUse.State.DRAFT else ("code", *_FIXED)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_open(obj) and super().has_change_permission(request, obj)

    # ------------------------------------------------------------------------------------------------------------ list

    @display(
        description=_("状態"),
        label={
            "incomplete": "warning",
            "draft": "warning",
            "coming": "info",
            "changing": "info",
            "active": "success",
            "ended": "",
        },
    )
    def shown_state(self, row: JointUse) -> tuple[str, str]:
        state = _state(row)
        return state, str(_STATES[state])

    @display(description=_("足りないもの"))
    def shown_missing(self, row: JointUse) -> str:
        if row.state == JointUse.State.ENDED:
            return ""
        return joint_uses.in_words(rules.missing(joint_uses.matters_of(row)))

    @display(description=_("いまの内容はいつから"))
    def shown_since(self, row: JointUse) -> Any:
        current = joint_uses.standing(row.versions.all(), day=timezone.localdate()).current
        return current.effective_from if current else None

    @display(description=_("会社の数"))
    def shown_members(self, row: JointUse) -> int:
        today = timezone.localdate()
        return sum(1 for member in row.members.all() if member.until is None or member.until >= today)

    # ------------------------------------------------------------------------------------------------------------ form

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if isinstance(row, JointUse):
            today = timezone.localdate()
            gaps = () if row.state == JointUse.State.ENDED else rules.missing(joint_uses.matters_of(row))
            context = {
                "joint_use": row,
                "missing": joint_uses.in_words(gaps),
                "standing": joint_uses.standing(row.versions.all(), day=today),
                "lines_of": _lines_of(row),
                "unannounced": row.state == JointUse.State.PUBLISHED
                and joint_uses.differs_from_announced(row, day=today),
                "may_publish": _is_open(row) and self._has(request, "publish_jointuse"),
                "may_end": _is_open(row) and self._has(request, "end_jointuse"),
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def response_add(self, request: HttpRequest, obj: JointUse, post_url_continue: Any = None) -> HttpResponse:
        """Back to the page that says what is missing and leads on to the announcement."""
        messages.success(request, _("下書きを保存しました。公表するまで、始められません。"))
        return redirect(_address(obj))

    def response_change(self, request: HttpRequest, obj: JointUse) -> HttpResponse:
        if obj.state == JointUse.State.DRAFT:
            messages.success(request, _("下書きを保存しました。公表するまで、始められません。"))
        else:
            messages.success(request, _("保存しました。公表した内容は、新しく公表するまで変わりません。"))
        return redirect(_address(obj))

    # ----------------------------------------------------------------------------------------------------------- pages

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_jointuse_{name}")

        return [named("publish", self.publish_view), named("end", self.end_view), *super().get_urls()]

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What will be announced, from when it may hold; then, confirmed, it is announced."""
        row = self._get(request, pk)
        self.may(request, "publish_jointuse", row)
        now = timezone.now()
        try:
            step = joint_uses.plan(joint_use=row, same_party=False, now=now)
            renamed = joint_uses.plan(joint_use=row, same_party=True, now=now) if step.renamed else None
        except joint_uses.JointUseError as error:
            return self._page(request, row, "publish", title=_("公表する"), problem=str(error))
        initial = {"revision": row.revision, "effective_from": step.earliest}
        form = PublishForm(request.POST or None, initial=initial, renamed=step.renamed)
        if request.method == "POST" and form.is_valid():
            try:
                joint_uses.publish(
                    joint_use=row,
                    revision=form.cleaned_data["revision"],
                    effective_from=form.cleaned_data["effective_from"],
                    same_party=form.cleaned_data.get("same_party", False),
                    actor=request.user,  # type: ignore[arg-type]
                    now=now,
                )
            except kept.ChangedMeanwhile:
                messages.error(request, _("ほかの人が先に変えました。内容を確かめてから、もう一度公表してください。"))
                return redirect(_address(row))
            except joint_uses.JointUseError as error:
                form.add_error("effective_from", str(error))
            else:
                messages.success(request, _("公表しました。この版はもう変えられません。"))
                return redirect(_address(row))
        return self._page(
            request,
            row,
            "publish",
            title=_("公表する"),
            form=form,
            step=step,
            renamed=renamed,
            lines=joint_use_words.prepared_lines(row),
            changes=joint_use_words.prepared_changes(step.before, row) if step.before else [],
        )

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What ending means; then, confirmed, it ends today."""
        row = self._get(request, pk)
        self.may(request, "end_jointuse", row)
        if request.method == "POST":
            seen = request.POST.get("revision", "")
            if not request.POST.get("confirmed"):
                messages.error(request, _("内容を確かめて、チェックを入れてください。"))
                return redirect(request.path)
            try:
                joint_uses.end(
                    joint_use=row,
                    revision=int(seen) if seen.isdecimal() else 0,
                    actor=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                )
            except kept.ChangedMeanwhile:
                messages.error(request, _("ほかの人が先に変えました。内容を確かめてから、もう一度終えてください。"))
            except joint_uses.JointUseError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("共同利用を終えました。"))
            return redirect(_address(row))
        return self._page(request, row, "end", title=_("共同利用を終える"))

    def _get(self, request: HttpRequest, pk: int) -> JointUse:
        row = self.get_object(request, str(pk))
        if not isinstance(row, JointUse):
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def _has(self, request: HttpRequest, permission: str) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{permission}")

    def _page(self, request: HttpRequest, row: JointUse, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/consent_app/jointuse/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "joint_use": row,
                "back_url": _address(row),
                **context,
            },
        )


def _is_open(obj: Any) -> bool:
    return not isinstance(obj, JointUse) or obj.state != JointUse.State.ENDED


def _state(row: JointUse) -> str:
    if row.state == JointUse.State.ENDED:
        return "ended"
    if row.state == JointUse.State.DRAFT:
        return "incomplete" if rules.missing(joint_uses.matters_of(row)) else "draft"
    view = joint_uses.standing(row.versions.all(), day=timezone.localdate())
    if view.current is None:
        return "coming"
    return "changing" if view.coming else "active"


def _lines_of(row: JointUse) -> list[dict[str, Any]]:
    """Every announcement with its matters and its time, the newest first."""
    view = joint_uses.standing(row.versions.all(), day=timezone.localdate())
    times = {
        **{version.number: gettext("いま有効") for version in [view.current] if version},
        **{version.number: gettext("予告中") for version in view.coming},
        **{version.number: gettext("以前の内容") for version in view.past},
        **{version.number: gettext("始まる前に替わった") for version in view.dropped},
    }
    return [
        {"version": version, "time": times[version.number], "lines": joint_use_words.lines(version)}
        for version in row.versions.all()
    ]


def _address(row: JointUse) -> str:
    return reverse("admin:consent_app_jointuse_change", args=[row.pk])
