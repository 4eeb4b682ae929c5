"""The timeline of a request."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..domain.transitions import Actor, Event, Note
from .request import DisclosureRequest


class RequestEvent(models.Model):
    """Something that happened to a request. ``public`` ones are shown to the person; none holds personal data."""

    # No index of its own: event_timeline begins with it.
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="events", verbose_name=_("請求"), db_index=False
    )
    kind = models.CharField(_("出来事"), max_length=30)
    from_status = models.CharField(_("前の状態"), max_length=20, blank=True)
    to_status = models.CharField(_("後の状態"), max_length=20, blank=True)
    actor_kind = models.CharField(_("誰が"), max_length=10, choices=Actor)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("操作者"),
    )
    public = models.BooleanField(_("本人に見せる"), default=True)
    data = models.JSONField(_("詳細"), default=dict)
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("経過")
        verbose_name_plural = _("経過")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["request", "at", "id"], name="event_timeline")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"

    @property
    def label(self) -> str:
        """What happened, in the active language; a kind of a later version is shown as its code."""
        for kinds in (Event, Note):
            if self.kind in kinds.values:
                return str(kinds(self.kind).label)
        return self.kind
