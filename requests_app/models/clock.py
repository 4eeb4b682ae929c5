"""What becomes of the internal target of a request."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField

from .request import DisclosureRequest


class TargetExtension(models.Model):
    """Staff moved the internal target to a later day and said why. Append-only, and the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="extensions", verbose_name=_("請求")
    )
    from_on = models.DateField(_("前の目標日"))
    to_on = models.DateField(_("新しい目標日"))
    reason = EncryptedTextField(_("延ばす理由"))
    extended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("延ばした人")
    )
    extended_at = models.DateTimeField(_("延ばした日時"), default=timezone.now)

    class Meta:
        verbose_name = _("目標日の延長")
        verbose_name_plural = _("目標日の延長")
        ordering = ["extended_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__gt=F("from_on")),
                name="extension_moves_forward",
                violation_error_message=_("いまの目標日より後の日を入れてください。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_on} → {self.to_on}"
