"""Why somebody looked at a customer."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .customer import Customer


class CustomerLook(models.Model):
    """The reason that a member of staff gave before a customer's data were shown, and how long it holds.

    A reason that names a case holds as long as the case is open; any other until ``ends_at``.
    """

    class Reason(models.TextChoices):
        CASE = "case", _("この方の請求を扱うため")
        IDENTITY = "identity", _("請求した人と照合するため")
        CONTACT = "contact", _("この方からの連絡に答えるため")
        RECORD = "record", _("同意や提供などの記録をつけるため、または確かめるため")
        INCIDENT = "incident", _("事故の対応のため")
        AUDIT = "audit", _("監査や点検のため")
        OTHER = "other", _("そのほか")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="looks", verbose_name=_("顧客"))
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("見た人")
    )
    reason = models.CharField(_("理由"), max_length=10, choices=Reason)
    case_number = models.CharField(_("受付番号"), max_length=30, blank=True)
    note = models.CharField(
        _("理由の説明"), max_length=200, blank=True, help_text=_("個人データは書かないでください。")
    )
    began_at = models.DateTimeField(_("理由を書いた日時"))
    ends_at = models.DateTimeField(_("有効期限"))

    class Meta:
        verbose_name = _("顧客を見た理由")
        verbose_name_plural = _("顧客を見た理由")
        ordering = ["-began_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reason="case") & ~models.Q(case_number="")
                | ~models.Q(reason="case") & models.Q(case_number="") & ~models.Q(note=""),
                name="look_names_case_or_says_why",
            ),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("began_at")), name="look_ends_after_begin"),
        ]
        indexes = [
            models.Index(fields=["customer", "staff", "-ends_at"], name="look_by_customer"),
            models.Index(fields=["began_at"], name="look_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.get_reason_display())
