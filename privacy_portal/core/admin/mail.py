"""The outbox for the manager: what became of each mail, and a button to try again. Contents are never shown."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from ..masking import mask_address
from ..models import OutgoingMail
from ..services import outbox
from .base import CountedChoiceFilter, ReadOnlyAdmin, admin_address

State = OutgoingMail.State
CONTENT = ("subject", "body_text", "body_html")


class StateFilter(CountedChoiceFilter):
    title = _("状態")
    parameter_name = "state"


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """Read-only; whoever has the permission to change mails may send failed ones again."""

    list_display = ("created_at", "template", "shown_recipient", "shown_state", "attempts", "due", "last_error")
    list_display_links = ("created_at", "template")
    list_filter = (StateFilter,)
    search_fields = ("object_id__exact", "message_id__exact", "template__exact")
    search_help_text = _("対象のID、Message-ID、テンプレート名で探します。")
    ordering = ("-created_at",)
    actions = ("retry_selected",)
    # Outside the page's own form: forms cannot be nested.
    change_form_outer_before_template = "admin/core/outgoingmail/retry.html"
    fieldsets = (
        (None, {"fields": ("state", "shown_recipient", "template", "language", "shown_object")}),
        (
            _("送信"),
            {"fields": ("created_at", "attempts", "due", "sent_at", "last_error", "emptied_at", "message_id")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingMail]:
        """Without the contents: nobody looks at them here, so they are not even loaded."""
        return super().get_queryset(request).defer(*CONTENT)

    def has_retry_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Asked for by the list's action and the page's button."""
        return bool(request.user.has_perm("core.change_outgoingmail"))

    @display(description=_("宛先"))
    def shown_recipient(self, mail: OutgoingMail) -> str:
        return mask_address(mail.recipient) or str(_("（消去済み）"))

    @display(
        description=_("状態"),
        ordering="state",
        label={
            State.QUEUED: "info",
            State.SENDING: "info",
            State.SENT: "success",
            State.WAITING: "warning",
            State.FAILED: "danger",
        },
    )
    def shown_state(self, mail: OutgoingMail) -> tuple[str, str]:
        return mail.state, str(State(mail.state).label)

    @display(description=_("次の送信"), ordering="due_at", empty_value="—")
    def due(self, mail: OutgoingMail) -> Any:
        return mail.due_at if mail.state in (State.QUEUED, State.WAITING) else None

    @display(description=_("対象"), empty_value="—")
    def shown_object(self, mail: OutgoingMail) -> str | None:
        address = admin_address(mail.object_type, mail.object_id)
        return format_html('<a href="{}">{}</a>', address, mail.object_id) if address else mail.object_id or None

    @admin.action(description=_("選んだメールをもう一度送る"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, mails: QuerySet[OutgoingMail]) -> None:
        sent_again = refused = 0
        for mail in mails:
            try:
                outbox.retry(mail=mail, actor=request.user)  # type: ignore[arg-type]
                sent_again += 1
            except outbox.MailCannotBeRetried:
                refused += 1
        if sent_again:
            text = ngettext("%(count)d通をもう一度送ります。", "%(count)d通をもう一度送ります。", sent_again)
            self.message_user(request, text % {"count": sent_again}, messages.SUCCESS)
        if refused:
            text = ngettext(
                "%(count)d通は送信済み、送信中、または内容が消去済みのため、送りませんでした。",
                "%(count)d通は送信済み、送信中、または内容が消去済みのため、送りませんでした。",
                refused,
            )
            self.message_user(request, text % {"count": refused}, messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual ones, the address of the page's button."""
        retry = self.admin_site.admin_view(self.retry_view)
        own = [path("<uuid:pk>/retry/", retry, name="core_outgoingmail_retry")]
        return own + super().get_urls()

    def retry_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Send one mail again; only by POST, because it changes something."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        mail = get_object_or_404(self.get_queryset(request), pk=pk)
        self.retry_selected(request, OutgoingMail.objects.filter(pk=mail.pk))
        return redirect(reverse("admin:core_outgoingmail_change", args=[mail.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page knows whether to offer the button."""
        mail = self.get_object(request, object_id)
        if mail is None:
            raise Http404
        can_be_retried = mail.state in (State.FAILED, State.WAITING) and not mail.emptied_at
        offered = can_be_retried and self.has_retry_permission(request)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "offer_retry": offered})
