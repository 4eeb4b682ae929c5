"""The fee of a request, and what was paid of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import RequestRule

from ..domain.fees import HIGHEST_YEN
from .request import DisclosureRequest


class Fee(models.Model):
    """What the person was told that the answer costs, and what became of it.

    Only the types of article 38 can have one: the column is checked here, and a trigger of the database compares it
    with the request. One that was cancelled stays as a record; at most one is in force.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="fees", verbose_name=_("請求")
    )
    request_type = models.CharField(_("請求の種類"), max_length=30)
    amount_yen = models.PositiveIntegerField(_("金額（円、税込）"))
    explanation = models.CharField(_("内訳や説明"), max_length=500, blank=True)
    due_on = models.DateField(_("お支払いの期限"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("知らせた人")
    )
    asked_at = models.DateTimeField(_("知らせた日時"), default=timezone.now)
    accepted_at = models.DateTimeField(_("承諾の日時"), null=True, blank=True)
    declined_at = models.DateTimeField(_("断られた日時"), null=True, blank=True)
    settled_at = models.DateTimeField(_("支払い済みの日時"), null=True, blank=True)
    waived_at = models.DateTimeField(_("免除の日時"), null=True, blank=True)
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("免除した人")
    )
    waiver_reason = models.CharField(_("免除の理由"), max_length=300, blank=True)
    cancelled_at = models.DateTimeField(_("取消しの日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("手数料")
        verbose_name_plural = _("手数料")
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(request_type__in=RequestRule.FEE_TYPES),
                name="fee_only_under_article_38",
                violation_error_message=_("手数料は、利用目的の通知と開示（法第38条）だけに定められます。"),
            ),
            models.CheckConstraint(
                condition=Q(amount_yen__gte=1, amount_yen__lte=HIGHEST_YEN), name="fee_amount_is_reasonable"
            ),
            models.CheckConstraint(
                condition=Q(waived_at=None) | ~Q(waiver_reason=""),
                name="fee_waiver_has_reason",
                violation_error_message=_("免除には理由が要ります。"),
            ),
            models.CheckConstraint(condition=Q(accepted_at=None) | Q(declined_at=None), name="fee_one_answer"),
            models.CheckConstraint(condition=Q(settled_at=None) | Q(waived_at=None), name="fee_paid_or_waived"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(cancelled_at=None, declined_at=None), name="one_fee_in_force"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="fee_open",
                condition=Q(settled_at=None, waived_at=None, cancelled_at=None, declined_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_yen}円"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is owed."""
        return self.settled_at is not None or self.waived_at is not None


class Payment(models.Model):
    """Money that came in, or went back. Append-only, and the database sees to it: another row corrects a mistake.

    The person's bank account is nowhere: who sends money back types it into the bank, not into this product.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("入金")
        REFUND = "refund", _("返金")
        CORRECTION = "correction", _("入金の記録の訂正（減額）")

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("銀行振込")
        CASH = "cash", _("現金")
        OTHER = "other", _("その他")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fee = models.ForeignKey(Fee, on_delete=models.CASCADE, related_name="payments", verbose_name=_("手数料"))
    kind = models.CharField(_("種類"), max_length=10, choices=Kind, default=Kind.PAYMENT)
    amount_yen = models.PositiveIntegerField(_("金額（円）"))
    on = models.DateField(_("日付"))
    method = models.CharField(_("方法"), max_length=10, choices=Method, default=Method.TRANSFER)
    note = models.CharField(_("覚え書き"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("記録した人")
    )
    recorded_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    class Meta:
        verbose_name = _("入出金")
        verbose_name_plural = _("入出金")
        ordering = ["recorded_at"]
        constraints = [models.CheckConstraint(condition=Q(amount_yen__gte=1), name="payment_is_something")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_yen}円"
