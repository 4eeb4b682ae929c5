"""The record of what was handed to subcontractors, and of what was refused."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile

from .customer import Customer, Recipient
from .registers import Purpose, Subcontractor


class Entrustment(models.Model):
    """One attempt to hand data to a subcontractor, whatever came of it. Append-only.

    ``reasons`` are those of the gate for all who were refused; the rows of the persons say whom each one met. Persons
    who are not held any more, or never were, are in the numbers only.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("ファイルで渡す")
        FORWARD = "forward", _("お問い合わせの内容を渡す")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subcontractor = models.ForeignKey(
        Subcontractor, on_delete=models.PROTECT, related_name="entrustments", verbose_name=_("委託先")
    )
    purpose = models.ForeignKey(
        Purpose, on_delete=models.PROTECT, related_name="+", verbose_name=_("利用目的"), null=True
    )
    kind = models.CharField(_("渡しかた"), max_length=10, choices=Kind)
    items = ArrayField(models.CharField(max_length=40), verbose_name=_("データ項目"))
    reference = models.CharField(_("参照"), max_length=60, blank=True, help_text=_("受付番号など。"))
    asked = models.PositiveIntegerField(_("対象の人数"))
    allowed = models.PositiveIntegerField(_("渡した人数"))
    reasons = ArrayField(models.CharField(max_length=40), verbose_name=_("断られた理由"), default=list)
    file = models.OneToOneField(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("ファイル")
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("渡した人")
    )

    class Meta:
        verbose_name = _("委託先へ渡した記録")
        verbose_name_plural = _("委託先へ渡した記録")
        ordering = ["-at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(allowed__lte=F("asked")), name="entrustment_allowed_of_asked"),
            models.CheckConstraint(
                condition=Q(allowed=F("asked")) | Q(reasons__len__gt=0), name="entrustment_refusal_has_reasons"
            ),
            models.CheckConstraint(condition=Q(kind__in=("export", "forward")), name="entrustment_kind_known"),
        ]
        indexes = [models.Index(fields=["subcontractor", "-at"], name="entrustment_by_subcontractor")]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.get_kind_display()}"


class EntrustedPerson(models.Model):
    """One person of an attempt: a customer, or somebody to whom a gift of the customer goes. Append-only.

    The row goes together with the customer; of a gift recipient who was erased it stays without saying who.
    """

    entrustment = models.ForeignKey(
        Entrustment, on_delete=models.PROTECT, related_name="persons", verbose_name=_("委託先へ渡した記録")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="entrustments", verbose_name=_("顧客")
    )
    gift = models.BooleanField(_("贈り先"), default=False)
    recipient = models.ForeignKey(
        Recipient, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("贈り先")
    )
    allowed = models.BooleanField(_("渡した"))
    reasons = ArrayField(models.CharField(max_length=40), verbose_name=_("断られた理由"), default=list)

    class Meta:
        verbose_name = _("渡した人")
        verbose_name_plural = _("渡した人")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(gift=True) | Q(recipient=None), name="entrusted_gift_has_recipient"),
            models.CheckConstraint(
                condition=Q(allowed=True, reasons__len=0) | Q(allowed=False, reasons__len__gt=0),
                name="entrusted_or_refused_with_reasons",
            ),
            models.UniqueConstraint(
                fields=["entrustment", "customer"], condition=Q(gift=False), name="entrusted_customer_once"
            ),
            models.UniqueConstraint(fields=["entrustment", "recipient"], name="entrusted_recipient_once"),
        ]
        indexes = [models.Index(fields=["customer", "id"], name="entrusted_by_customer")]

    def __str__(self) -> str:
        return str(self.pk)
