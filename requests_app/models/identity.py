"""What was done to make sure that the requester is who they say."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer

from .request import DisclosureRequest


class IdentityCheck(models.Model):
    """One check: what was checked, by which means, with which outcome. ``findings`` holds codes, never values."""

    class Method(models.TextChoices):
        EMAIL_CODE = "email_code", _("メールのコード")
        FACTS = "facts", _("登録情報との照合")
        POST_CODE = "post_code", _("登録された住所に郵送するコード")
        CALL_BACK = "call_back", _("登録された電話番号へのかけ直し")
        COUNTER = "counter", _("窓口での書類の提示")
        STAFF = "staff", _("担当者の判断")

    class State(models.TextChoices):
        PENDING = "pending", _("確認中")
        PASSED = "passed", _("確認できた")
        # It was passed, but does not confirm by itself.
        SUPPORTS = "supports", _("確認できた（判断はこれから）")
        UNCLEAR = "unclear", _("担当者の確認が必要")
        FAILED = "failed", _("確認できない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="identity_checks", verbose_name=_("請求")
    )
    level = models.PositiveSmallIntegerField(_("水準"))
    method = models.CharField(_("方法"), max_length=20, choices=Method)
    state = models.CharField(_("結果"), max_length=10, choices=State, default=State.PENDING)
    findings = models.JSONField(_("所見"), default=dict)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("照合した顧客")
    )
    note = models.CharField(_("判断の理由"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("判断者"),
    )
    created_at = models.DateTimeField(_("開始日時"), default=timezone.now)
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("本人確認")
        verbose_name_plural = _("本人確認")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "method"], condition=models.Q(state="pending"), name="one_pending_check_of_a_method"
            ),
            models.CheckConstraint(
                condition=models.Q(state="pending") | models.Q(finished_at__isnull=False), name="check_done_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="check_pending", condition=models.Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()}: {self.get_state_display()}"
