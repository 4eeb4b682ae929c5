"""What staff corrected of a request that they had written down."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField

from .request import DisclosureRequest


class Correction(models.Model):
    """One field before and after, with the reason. Append-only, and the database sees to it.

    Facts that serve the identity check alone are named without their values: those go earlier than the case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="corrections", verbose_name=_("請求")
    )
    field = models.CharField(_("項目"), max_length=60)
    before = EncryptedTextField(_("前の内容"), null=True)
    after = EncryptedTextField(_("新しい内容"), null=True)
    reason = EncryptedTextField(_("理由"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("直した人")
    )
    made_at = models.DateTimeField(_("直した日時"), default=timezone.now)

    class Meta:
        verbose_name = _("登録の訂正")
        verbose_name_plural = _("登録の訂正")
        ordering = ["made_at", "field"]

    def __str__(self) -> str:
        return f"{self.field} {self.made_at:%Y-%m-%d %H:%M}"
