"""The outbox: every mail is a row before it is a message."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import EncryptedTextField


class OutgoingMail(models.Model):
    """A mail that was decided on, in the transaction that decided it. Delivery is at least once."""

    class State(models.TextChoices):
        QUEUED = "queued", _("送信待ち")
        SENDING = "sending", _("送信中")
        SENT = "sent", _("送信済み")
        WAITING = "waiting", _("再送待ち")
        FAILED = "failed", _("失敗")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.CharField(_("テンプレート"), max_length=60)
    language = models.CharField(_("言語"), max_length=2)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("宛先"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    object_type = models.CharField(_("対象の種類"), max_length=60, blank=True)
    object_id = models.CharField(_("対象のID"), max_length=60, blank=True)
    recipient = EncryptedTextField(_("宛先アドレス"), null=True)
    subject = EncryptedTextField(_("件名"), null=True)
    body_text = EncryptedTextField(_("本文"), null=True)
    body_html = EncryptedTextField(_("本文（HTML）"), null=True)
    attachment = models.CharField(
        _("添付"), max_length=80, blank=True, db_default="", help_text=_("種類とキーだけ。送るときに作ります。")
    )
    message_id = models.CharField("Message-ID", max_length=150, unique=True)
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.QUEUED)
    bulk = models.BooleanField(
        _("一斉のお知らせ"), default=False, db_default=False, help_text=_("ほかのメールが先に送られます。")
    )
    attempts = models.PositiveSmallIntegerField(_("試行回数"), default=0)
    due_at = models.DateTimeField(_("次の送信"), default=timezone.now)
    lease_until = models.DateTimeField(_("占有の期限"), null=True, blank=True)
    last_error = models.CharField(_("最後のエラー"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    sent_at = models.DateTimeField(_("送信日時"), null=True, blank=True)
    emptied_at = models.DateTimeField(_("本文の消去日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("送信メール")
        verbose_name_plural = _("送信メール")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="sending", lease_until__isnull=False) | ~models.Q(state="sending"),
                name="mail_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False) | ~models.Q(state="sent"),
                name="mail_sent_has_time",
            ),
        ]
        indexes = [
            # What is claimed next: all others before the notices to everybody, of which there may be a million.
            models.Index(
                fields=["bulk", "due_at"], name="mail_next", condition=models.Q(state__in=["queued", "waiting"])
            ),
            models.Index(fields=["lease_until"], name="mail_leased", condition=models.Q(state="sending")),
            models.Index(fields=["-created_at"], name="mail_newest"),
            models.Index(fields=["object_type", "object_id"], name="mail_by_object"),
            models.Index(fields=["created_at"], name="mail_to_empty", condition=models.Q(emptied_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.id}"
