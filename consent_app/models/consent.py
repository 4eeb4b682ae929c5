"""Consents as events; the state is the newest event of a customer and purpose."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .customer import Customer
from .registers import Purpose


class Consent(models.Model):
    """One event: a consent given, withdrawn or expired.

    Append-only, and the database sees to it: nothing is changed, and nothing is deleted but with the customer
    (migration 0006).
    """

    class Event(models.TextChoices):
        GIVEN = "given", _("同意")
        WITHDRAWN = "withdrawn", _("撤回")
        EXPIRED = "expired", _("期限切れ")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("ポータル")
        IMPORT = "import", _("取込")
        LETTER = "letter", _("手紙")
        TELEPHONE = "telephone", _("電話")
        COUNTER = "counter", _("窓口")
        EMAIL = "email", _("メール")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents", verbose_name=_("顧客"))
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="consents", verbose_name=_("利用目的"))
    event = models.CharField(_("出来事"), max_length=10, choices=Event)
    channel = models.CharField(_("経路"), max_length=10, choices=Channel)
    wording = models.TextField(_("示した文言"), blank=True)
    proof = models.CharField(_("証跡"), max_length=200, blank=True, help_text=_("取込元と行など。"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("記録者"),
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)
    valid_until = models.DateTimeField(
        _("有効期限"), null=True, blank=True, help_text=_("空欄は期限なしです。同意だけに定められます。")
    )

    class Meta:
        verbose_name = _("同意")
        verbose_name_plural = pgettext_lazy("複数", "同意")
        ordering = ["-at"]
        indexes = [models.Index(fields=["customer", "purpose", "-at"], name="consent_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(event="given", valid_until__gt=models.F("at")),
                name="consent_limit_only_when_given",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} {self.at:%Y-%m-%d}"
