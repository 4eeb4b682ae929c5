"""What the admin pages of registers kept by staff have in common: no change is lost, and every change is remembered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.services import audit

from ..models import RegisterChange
from ..models.kept import KeptModel
from ..services import kept
from .care import CareFiltered
from .refusing import RefusingModelForm

SEEN = "seen_revision"


class KeptForm(RefusingModelForm):
    """A form that knows which revision the person had before them.

    Whoever saves after somebody else is told what the other changed. What was typed stays, and a second click saves it
    over the other's: by then the person has seen both.
    """

    seen_revision = forms.IntegerField(label=_("改訂"), widget=forms.HiddenInput, required=False)

    before: kept.Snapshot | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if SEEN in self.fields and not self.instance._state.adding:
            self.fields[SEEN].initial = self.instance.revision

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.instance._state.adding:
            try:
                # The admin saves in one transaction: whoever comes now waits until this one is through.
                self.before = kept.snapshot(kept.lock(self.instance, revision=cleaned.get(SEEN) or 0))
            except kept.ChangedMeanwhile as conflict:
                self.add_error(None, self._told(conflict, cleaned.get(SEEN) or 0))
                data: Any = self.data
                self.data = data.copy()
                self.data[SEEN] = str(conflict.current.revision)  # type: ignore[index]
        return cleaned

    def _told(self, conflict: kept.ChangedMeanwhile, seen: int) -> list[str]:
        told = [
            gettext(
                "ほかの人が先に保存しました。入力した内容はまだ保存されていません。"
                "相手の変更を確かめて、この内容でよければもう一度保存してください。"
            )
        ]
        for change in kept.history(conflict.current).filter(revision__gt=seen).order_by("revision"):
            told += [f"{who(change)}：{line['label']} {line['before']} → {line['after']}" for line in lines(change)]
        return told


class KeptAdmin(CareFiltered, OfferedLookups, ModelAdmin):
    """A register that staff keep: forms that lose nobody's work, and the history of each entry below its form.

    Entries are retired, not deleted: records of earlier days refer to them. A subclass that lets an entry be deleted
    says why.
    """

    form: Any = KeptForm
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_fullwidth = True
    actions = None
    compressed_fields = True
    change_form_after_template = "admin/consent_app/history.html"
    object_history_template = "admin/consent_app/history_page.html"
    HISTORY_SHOWN = 10

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The hidden revision stands with the first fields, for whoever may save."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is None or not self.has_change_permission(request, obj):
            return _without_seen(fieldsets)
        if any(SEEN in fieldset[1]["fields"] for fieldset in fieldsets):
            return fieldsets
        name, options = fieldsets[0]
        return [(name, {**options, "fields": (*options["fields"], SEEN)}), *fieldsets[1:]]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what belongs to the entry, then write the history of all of it as one change."""
        super().save_related(request, form, formsets, change)
        kept.record(
            row=form.instance,
            before=form.before if change else None,
            actor=request.user,  # type: ignore[arg-type]
            more=_changed_parts(formsets),
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The register has a history of its own, with values; Django's would only name fields."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """See :meth:`log_addition`."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"show_save_and_add_another": False}
        row = self.get_object(request, object_id)
        if row is not None:
            changes = list(kept.history(row)[: self.HISTORY_SHOWN + 1])
            context["changes"] = shown(changes[: self.HISTORY_SHOWN])
            context["more_changes"] = len(changes) > self.HISTORY_SHOWN
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        page = Paginator(kept.history(row), 50).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("変更の履歴"),
            "opts": self.opts,
            "original": row,
            "page": page,
            "changes": shown(list(page)),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def may(self, request: HttpRequest, permission: str, row: models.Model | None = None) -> None:
        """Refuse an action of the page to whoever lacks the permission (its codename), and record the attempt.

        Raises:
            PermissionDenied: they lack it.
        """
        if not request.user.has_perm(f"{self.opts.app_label}.{permission}"):
            audit.record(action="register.denied", actor=request.user, obj=row)
            raise PermissionDenied


def _without_seen(fieldsets: list[Any]) -> list[Any]:
    return [
        (name, {**options, "fields": tuple(field for field in options["fields"] if field != SEEN)})
        for name, options in fieldsets
    ]


def _changed_parts(formsets: Any) -> dict[str, Any]:
    """What changed in the rows that belong to an entry: name of their model -> [before, after]."""
    parts: dict[str, Any] = {}
    for formset in formsets:
        if not hasattr(formset, "new_objects"):
            continue
        changed = [str(obj) for obj, _fields in formset.changed_objects]
        before = [*changed, *(str(obj) for obj in formset.deleted_objects)]
        after = [*changed, *(str(obj) for obj in formset.new_objects)]
        if before or after:
            parts[formset.model._meta.model_name] = [before, after]
    return parts


def who(change: RegisterChange) -> str:
    """Who changed it and when, in words."""
    name = change.by.display_name or change.by.email if change.by else gettext("削除されたアカウント")
    return f"{timezone.localtime(change.at):%Y-%m-%d %H:%M} {name}"


def lines(change: RegisterChange) -> list[dict[str, str]]:
    """A change field by field: ``label``, ``before``, ``after``."""
    model = next((one for one in _kept_models() if one._meta.label_lower == change.object_type), None)
    return [
        {"label": _label(model, name), "before": _text(before), "after": _text(after)}
        for name, (before, after) in change.fields.items()
    ]


def shown(changes: list[RegisterChange]) -> list[dict[str, Any]]:
    """Changes as the templates read them."""
    return [{"who": who(one), "kind": one.get_kind_display(), "lines": lines(one)} for one in changes]


def _kept_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if issubclass(model, KeptModel)]


def _label(model: type[models.Model] | None, name: str) -> str:
    if model is None:
        return name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        part = next((one for one in _parts_of(model) if one._meta.model_name == name), None)
        return str(part._meta.verbose_name_plural) if part else name
    return capfirst(str(getattr(field, "verbose_name", name)))


def _parts_of(model: type[models.Model]) -> list[type[models.Model]]:
    return [relation.related_model for relation in model._meta.related_objects]


def _text(value: Any) -> str:
    if value is None or value == "" or value == []:
        return gettext("（なし）")
    if isinstance(value, bool):
        return gettext("はい") if value else gettext("いいえ")
    if isinstance(value, list):
        return gettext("、").join(str(one) for one in value)
    return str(value)
