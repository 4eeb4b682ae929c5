"""What keeps a case from being erased, and what is left of it afterwards."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField

from .fee import Payment
from .request import DisclosureRequest


class RetentionHold(models.Model):
    """Staff keep the data of a case although its time is over, for a reason. Ended by hand.

    The database refuses to delete a hold that is in force, and with it the case.
    """

    class Kind(models.TextChoices):
        SUIT = "suit", _("訴え（法第39条など）")
        DISPUTE = "dispute", _("本人との争い、苦情")
        AUTHORITY = "authority", _("個人情報保護委員会などの調査")
        OTHER = "other", _("その他")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="holds", verbose_name=_("請求")
    )
    kind = models.CharField(_("種類"), max_length=10, choices=Kind)
    reason = EncryptedTextField(_("理由"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("保留した人")
    )
    placed_at = models.DateTimeField(_("保留した日時"), default=timezone.now)
    end_reason = EncryptedTextField(_("終えた理由"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("終えた人")
    )
    ended_at = models.DateTimeField(_("終えた日時"), null=True)

    class Meta:
        verbose_name = _("消去の保留")
        verbose_name_plural = _("消去の保留")
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(fields=["request"], condition=Q(ended_at=None), name="one_hold_in_force"),
            models.CheckConstraint(condition=Q(kind__in=["suit", "dispute", "authority", "other"]), name="hold_kind"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason__isnull=True)
                | Q(ended_at__isnull=False, end_reason__isnull=False),
                name="hold_end_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.placed_at:%Y-%m-%d}"


class RequestRemains(models.Model):
    """What statistics need of a case that was erased. No link to a person, an account or the case. Only added to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_type = models.CharField(_("請求の種類"), max_length=30)
    channel = models.CharField(_("受付方法"), max_length=10)
    received_on = models.DateField(_("受付日"))
    answered_on = models.DateField(_("回答日"), null=True)
    ended_on = models.DateField(_("終了日"))
    ended_as = models.CharField(_("終わり方"), max_length=20)
    outcome = models.CharField(_("結論"), max_length=30, blank=True)
    article = models.CharField(_("条文"), max_length=20, blank=True)
    # The last case that was held of somebody. So the rows that are marked never outnumber the persons behind them.
    last_of_person = models.BooleanField(_("その人の最後の請求"))

    class Meta:
        verbose_name = _("消去した請求の統計の行")
        verbose_name_plural = _("消去した請求の統計の行")

    def __str__(self) -> str:
        return f"{self.request_type} {self.ended_on}"


class KeptPayment(models.Model):
    """Money of a case that was erased, as a bookkeeping record: nobody's name, only the number of the receipt."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    receipt_number = models.CharField(_("受付番号"), max_length=20)
    kind = models.CharField(_("種類"), max_length=10, choices=Payment.Kind)
    amount_yen = models.PositiveIntegerField(_("金額（円）"))
    on = models.DateField(_("日付"))
    method = models.CharField(_("方法"), max_length=10, choices=Payment.Method)
    keep_until = models.DateField(_("保存する最後の日"))

    class Meta:
        verbose_name = _("消去した請求の入出金")
        verbose_name_plural = _("消去した請求の入出金")
        ordering = ["-on"]
        indexes = [models.Index(fields=["keep_until"], name="kept_payment_end")]

    def __str__(self) -> str:
        return f"{self.receipt_number} {self.amount_yen}円"
