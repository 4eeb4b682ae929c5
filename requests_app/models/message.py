"""Messages between the person and the operator."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField

from .request import DisclosureRequest


class Message(models.Model):
    """One message of the thread. The mail about it never holds its text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="messages", verbose_name=_("請求")
    )
    from_person = models.BooleanField(_("本人から"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("書いた人")
    )
    # Without an account it went or came on paper or by telephone, and staff wrote it down.
    channel = models.CharField(
        _("方法"), max_length=10, choices=DisclosureRequest.Channel, default=DisclosureRequest.Channel.PORTAL
    )
    on = models.DateField(_("送った日・届いた日"), null=True, blank=True)
    body = EncryptedTextField(_("本文"))
    asks_reply = models.BooleanField(_("返答を求める"), default=False)
    sent_at = models.DateTimeField(_("送信日時"), default=timezone.now)
    read_at = models.DateTimeField(_("既読日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("メッセージ")
        verbose_name_plural = _("メッセージ")
        ordering = ["sent_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel="portal", on=None)
                | (~models.Q(channel="portal") & models.Q(on__isnull=False)),
                name="message_on_paper_has_day",
            )
        ]
        indexes = [
            models.Index(fields=["request", "sent_at"], name="message_thread"),
            models.Index(
                fields=["request"], name="message_unread", condition=models.Q(from_person=True, read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sent_at:%Y-%m-%d %H:%M}"
