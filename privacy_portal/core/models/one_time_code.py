"""Codes that are sent by mail and typed by the person."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OneTimeCode(models.Model):
    """A code of which only a keyed hash is kept, for one purpose and one subject, with counted attempts."""

    MAX_ATTEMPTS = 5

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", _("ログイン")
        OPEN_FILE = "open_file", _("回答を開く")
        CHANGE_EMAIL = "change_email", _("メールアドレスの変更")
        INSTRUCTION = "instruction", _("指示を開く")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("目的"), max_length=20, choices=Purpose)
    subject_digest = models.BinaryField(_("対象"), max_length=32, help_text=_("メールアドレスなどの鍵つきハッシュ。"))
    code_digest = models.BinaryField(_("コード"), max_length=32)
    attempts = models.PositiveSmallIntegerField(_("試行回数"), default=0)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    expires_at = models.DateTimeField(_("期限"))
    used_at = models.DateTimeField(_("使用日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("ワンタイムコード")
        verbose_name_plural = _("ワンタイムコード")
        constraints = [
            models.CheckConstraint(condition=models.Q(attempts__lte=5), name="code_attempts_at_most_five"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="code_expiry"),
            models.Index(fields=["purpose", "subject_digest"], name="code_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
