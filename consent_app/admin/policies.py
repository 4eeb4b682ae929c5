"""The privacy policy: draft, look, compare, publish, and watch the notice to everybody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.services import audit, jobs

from .. import selectors
from ..domain import policy_text
from ..models import Broadcast, PolicyVersion
from ..services import broadcasts, policies
from .base import text_column
from .refusing import RefusingModelForm

_REFRESH = 5


class DraftForm(RefusingModelForm):
    """A draft, with the revision that the person had before them."""

    seen = forms.IntegerField(label=_("改訂"), widget=forms.HiddenInput, required=False)

    class Meta:
        model = PolicyVersion
        fields = ("text_ja", "text_en", "summary_ja", "summary_en", "material", "effective_from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "seen" in self.fields:
            self.fields["seen"].initial = self.instance.revision

    def clean(self) -> dict[str, Any]:
        """Two people at one draft: the second one is told, and nothing of the first is lost."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.instance._state.adding and cleaned.get("seen") != self.instance.revision:
            raise ValidationError(str(policies.StaleDraft()))
        return cleaned


@admin.register(PolicyVersion)
class PolicyVersionAdmin(OfferedLookups, ModelAdmin):
    """A draft is a form; a published version can only be read."""

    form = DraftForm
    fieldsets = (
        (None, {"fields": ("text_ja", "text_en", "seen")}),
        (_("変更のお知らせ"), {"fields": ("material", "summary_ja", "summary_en", "effective_from")}),
    )
    list_display = ("shown_name", "shown_state", "shown_summary", "material", "effective_from", "published_at")
    list_filter = ("state", "material")
    search_fields = ("text_ja", "text_en", "summary_ja", "summary_en")
    list_per_page = 25
    actions = None
    change_form_outer_before_template = "admin/consent_app/policyversion/before.html"
    shown_summary = text_column("summary", _("何が変わるか"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        rows: QuerySet[PolicyVersion] = super().get_queryset(request)
        return rows.select_related("published_by", "broadcast__job")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or obj.state == PolicyVersion.State.DRAFT:
            return self.fieldsets if self._may_write(request, obj) else self._shown_fieldsets()
        return self._shown_fieldsets("number", "notice_from", "published_at", "published_by")

    def _shown_fieldsets(self, *more: str) -> Any:
        return (
            (None, {"fields": (*more, "material", "effective_from", "summary_ja", "summary_en")}),
            (_("本文"), {"fields": ("text_ja", "text_en")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (
            ()
            if obj is None or self._may_write(request, obj)
            else ("number", "notice_from", "published_at", "published_by")
        )

    def _may_write(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)

    # ------------------------------------------------------------------------------------------------------------ list

    @display(description=_("版"), ordering="number")
    def shown_name(self, version: PolicyVersion) -> str:
        return str(version)

    @display(
        description=_("状態"),
        label={"draft": "warning", "coming": "info", "current": "success", "past": ""},
    )
    def shown_state(self, version: PolicyVersion) -> tuple[str, str]:
        state = _state(version)
        return state, str(_STATES[state])

    # ----------------------------------------------------------------------------------------------------------- draft

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new draft begins with the newest text: most of it stays."""
        newest = selectors.published_policies().first()
        return {"text_ja": newest.text_ja, "text_en": newest.text_en} if newest else {}

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: DraftForm, change: bool) -> None:
        policies.save_draft(draft=obj, revision=form.cleaned_data.get("seen") or 0, actor=_actor(request))

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The form, and plain words for whoever saves a moment after somebody else."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except policies.StaleDraft as error:
            messages.error(request, str(error))
            return redirect(request.path)

    def delete_model(self, request: HttpRequest, obj: PolicyVersion) -> None:
        policies.delete_draft(version=obj, actor=_actor(request))

    def response_add(self, request: HttpRequest, obj: PolicyVersion, post_url_continue: Any = None) -> HttpResponse:
        return redirect(_address(obj))

    def response_change(self, request: HttpRequest, obj: PolicyVersion) -> HttpResponse:
        messages.success(request, _("下書きを保存しました。"))
        return redirect(_address(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        version = self._get(request, object_id)
        broadcast: Broadcast | None = getattr(version, "broadcast", None)
        context = {
            "version": version,
            "before": _before(version),
            "may_publish": self.has_change_permission(request, version),
            "may_pause": super().has_change_permission(request),
            "broadcast": broadcast,
            "job": broadcast.job if broadcast else None,
            "stalled": bool(
                broadcast and not broadcast.paused_at and jobs.is_stalled(broadcast.job, now=timezone.now())
            ),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        response = super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})
        if broadcast and not broadcast.finished_at and not broadcast.paused_at:
            response["Refresh"] = str(_REFRESH)
        return response

    def _get(self, request: HttpRequest, object_id: Any) -> PolicyVersion:
        version: PolicyVersion | None = self.get_object(request, str(object_id))
        if version is None:
            raise Http404
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return version

    # ----------------------------------------------------------------------------------------------------------- pages

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> URLPattern:
            return path(
                f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"consent_app_policyversion_{name}"
            )

        return [
            named("preview", self.preview_view),
            named("difference", self.difference_view),
            named("publish", self.publish_view),
            named("pause", require_POST(self.pause_view)),
            named("resume", require_POST(self.resume_view)),
            *super().get_urls(),
        ]

    def _page(self, request: HttpRequest, version: PolicyVersion, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/consent_app/policyversion/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, "version": version, **context},
        )

    def preview_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Both languages as the portal will show them."""
        version = self._get(request, pk)
        texts = [("ja", policy_text.render(version.text_ja)), ("en", policy_text.render(version.text_en))]
        return self._page(request, version, "preview", title=_("プレビュー"), texts=texts)

    def difference_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Both languages against the version before."""
        version = self._get(request, pk)
        before = _before(version)
        if before is None:
            raise Http404
        differences = [
            ("ja", policy_text.difference(before.text_ja, version.text_ja)),
            ("en", policy_text.difference(before.text_en, version.text_en)),
        ]
        return self._page(
            request, version, "difference", title=_("前の版との違い"), before=before, differences=differences
        )

    def publish_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What will happen to how many people; then, confirmed, it happens."""
        version = self._get(request, pk)
        if not super().has_change_permission(request):
            audit.record(action="policy.denied", actor=_actor(request), obj=version)
            raise PermissionDenied
        now = timezone.now()
        if request.method == "POST":
            return self._publish(request, version, now)
        problem = ""
        try:
            policies.check_publishable(version=version, now=now)
        except policies.PolicyError as error:
            problem = str(error)
        before = _before(version)
        mailed = version.material and before is not None
        return self._page(
            request,
            version,
            "publish",
            title=_("公開する"),
            problem=problem,
            before=before,
            mailed=mailed,
            people=broadcasts.customers_to_tell() if mailed else 0,
            days=(version.effective_from - timezone.localdate(now)).days if version.effective_from else 0,
        )

    def _publish(self, request: HttpRequest, version: PolicyVersion, now: Any) -> HttpResponse:
        again = redirect(reverse("admin:consent_app_policyversion_publish", args=[version.pk]))
        if not request.POST.get("confirmed"):
            messages.error(request, _("内容を確かめて、チェックを入れてください。"))
            return again
        seen = request.POST.get("seen", "")
        try:
            policies.publish(
                version=version, revision=int(seen) if seen.isdecimal() else 0, actor=_actor(request), now=now
            )
        except policies.PolicyError as error:
            messages.error(request, str(error))
            return redirect(_address(version)) if isinstance(error, policies.StaleDraft) else again
        messages.success(request, _("公開しました。この版はもう変えられません。"))
        return redirect(_address(version))

    def _broadcast(self, request: HttpRequest, pk: Any) -> tuple[PolicyVersion, Broadcast]:
        version = self._get(request, pk)
        if not super().has_change_permission(request):
            audit.record(action="policy.denied", actor=_actor(request), obj=version)
            raise PermissionDenied
        broadcast: Broadcast | None = getattr(version, "broadcast", None)
        if broadcast is None:
            raise Http404
        return version, broadcast

    def pause_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Write no further mails for now."""
        version, broadcast = self._broadcast(request, pk)
        broadcasts.pause(broadcast=broadcast, actor=_actor(request), now=timezone.now())
        return redirect(_address(version))

    def resume_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Go on."""
        version, broadcast = self._broadcast(request, pk)
        broadcasts.resume(broadcast=broadcast, actor=_actor(request))
        return redirect(_address(version))


_STATES = {
    "draft": _("下書き"),
    "coming": _("お知らせ中"),
    "current": _("いまの版"),
    "past": _("以前の版"),
}


def _state(version: PolicyVersion) -> str:
    """Draft, announced, or from the version in effect on; the portal's dates (cached) say which one that is."""
    today = timezone.localdate()
    if version.number is None or version.effective_from is None:
        return "draft"
    if version.effective_from > today:
        return "coming"
    present = next((one.number for one in selectors.policy_dates() if one.effective_from <= today), version.number)
    return "current" if version.number == present else "past"


def _is_draft(obj: Model | None) -> bool:
    return not isinstance(obj, PolicyVersion) or obj.state == PolicyVersion.State.DRAFT


def _before(version: PolicyVersion) -> PolicyVersion | None:
    """The version that this one follows: the newest published one for a draft."""
    earlier = selectors.published_policies()
    return (earlier if version.number is None else earlier.filter(number__lt=version.number)).first()


def _actor(request: HttpRequest) -> Any:
    return request.user


def _address(version: PolicyVersion) -> str:
    return reverse("admin:consent_app_policyversion_change", args=[version.pk])
