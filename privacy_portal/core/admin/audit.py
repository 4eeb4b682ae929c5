"""The audit trail for reading: who did what to what."""

import json
import uuid
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from .. import audit_registry
from ..models import AuditEntry, User
from ..services import audit
from .base import ReadOnlyAdmin, admin_address
from .search import PostedChangeList, PostedSearch

# Where the list keeps the account it looked up for each of its entries.
ACCOUNT = "_actor_account"


class ActionFilter(admin.SimpleListFilter):
    title = _("操作")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action.name, str(action.description)) for action in audit_registry.all_actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class ActorFilter(admin.SimpleListFilter):
    title = _("操作者")
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("user", _("アカウント")),
            ("worker", _("自動処理")),
            ("command", _("コマンド")),
            ("anonymous", _("ログインしていない人")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        if self.value() == "user":
            return queryset.filter(actor__startswith="user:")
        return queryset.filter(actor=self.value()) if self.value() else queryset


class _WithActors(PostedChangeList):
    """Looks up the accounts of a page's actors at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries = list(self.result_list)
        keys = {key for entry in entries if (key := audit.actor_user_id(entry))}
        accounts = User.objects.in_bulk(keys)
        for entry in entries:
            entry.__dict__[ACCOUNT] = accounts.get(audit.actor_user_id(entry))
        self.result_list = entries


@admin.register(AuditEntry)
class AuditEntryAdmin(PostedSearch, ReadOnlyAdmin):
    """Read-only, as the database has it too."""

    list_display = ("moment", "shown_action", "shown_actor", "shown_object", "request_id")
    list_filter = (ActionFilter, ActorFilter, ("at", RangeDateTimeFilter))
    list_filter_submit = True
    search_label = _("記録を探す")
    search_help = _("対象のID、リクエストID、アカウントのIDかメールアドレスで探します。")
    ordering = ("-id",)
    fields = ("moment", "shown_action", "shown_actor", "shown_object", "request_id", "shown_detail", "shown_link")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PostedChangeList]:
        return _WithActors

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return super().get_queryset(request).select_related("link")

    def searched(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        """An exact key, whatever it is the key of: entries hold nothing else to search for."""
        found = Q(object_id=words) | Q(request_id=words)
        if (account := _account_key(words)) is not None:
            found |= Q(actor=f"user:{account}")
        return queryset.filter(found)

    @display(description=_("日時"), ordering="id")
    def moment(self, entry: AuditEntry) -> str:
        """To the second: the order within a minute matters here."""
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @display(description=_("操作"), ordering="action")
    def shown_action(self, entry: AuditEntry) -> str:
        try:
            return str(audit_registry.action(entry.action).description)
        except audit_registry.UnregisteredAction:
            # Recorded by an older version that still had it.
            return entry.action

    @display(description=_("操作者"), ordering="actor")
    def shown_actor(self, entry: AuditEntry) -> str:
        key = audit.actor_user_id(entry)
        if key is None:
            return str(dict(ActorFilter.lookups(self, None, None)).get(entry.actor, entry.actor))  # type: ignore[arg-type]
        if ACCOUNT not in entry.__dict__:
            entry.__dict__[ACCOUNT] = User.objects.filter(pk=key).first()
        # Customers are shown by their key: the trail does not become a list of their names.
        account = entry.__dict__[ACCOUNT]
        return str(account) if account and account.is_staff else str(key)

    @display(description=_("対象"), empty_value="—")
    def shown_object(self, entry: AuditEntry) -> str | None:
        if not entry.object_type:
            return None
        text = f"{_model_name(entry.object_type)} {entry.object_id}"
        address = admin_address(entry.object_type, entry.object_id)
        return format_html('<a href="{}">{}</a>', address, text) if address else text

    @display(description=_("詳細"), empty_value="—")
    def shown_detail(self, entry: AuditEntry) -> str | None:
        return json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else None

    @display(description=_("連鎖"))
    def shown_link(self, entry: AuditEntry) -> str:
        link = getattr(entry, "link", None)
        return f"{link.position}:{bytes(link.digest).hex()}" if link else str(_("連鎖待ち"))


def _model_name(object_type: str) -> str:
    try:
        return str(apps.get_model(object_type)._meta.verbose_name)
    except (LookupError, ValueError):
        # Recorded by an older version that still had it.
        return object_type


def _account_key(term: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(term.removeprefix("user:"))
    except ValueError:
        return User.objects.filter(email=term.lower()).values_list("pk", flat=True).first()
