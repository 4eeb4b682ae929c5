"""The ledger of provisions to third parties (article 29)."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .consent import Consent
from .customer import Customer
from .registers import DataItem, ProvisionBasis


class Provision(models.Model):
    """One provision of one person's data to a third party, with the items of Enforcement Rule 20."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="provisions", verbose_name=_("本人"))
    basis = models.ForeignKey(ProvisionBasis, on_delete=models.PROTECT, related_name="+", verbose_name=_("根拠"))
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("同意")
    )
    recipient_name = models.CharField(_("提供先の名称"), max_length=200)
    recipient_address = models.CharField(_("提供先の住所"), max_length=300)
    recipient_representative = models.CharField(_("提供先の代表者"), max_length=200, blank=True)
    items = models.ManyToManyField(DataItem, verbose_name=_("提供したデータ項目"), related_name="+")
    provided_on = models.DateField(_("提供日"))
    created_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    class Meta:
        verbose_name = _("第三者提供の記録")
        verbose_name_plural = _("第三者提供の記録")
        ordering = ["-provided_on", "-created_at"]
        indexes = [models.Index(fields=["customer", "-provided_on"], name="provision_by_customer")]

    def __str__(self) -> str:
        return f"{self.provided_on} {self.recipient_name}"
