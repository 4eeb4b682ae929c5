"""The originals of what did not come by the portal."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile

from .message import Message
from .request import DisclosureRequest


class ReceivedFile(models.Model):
    """A scan of a letter, a form or a printed mail. Its content is erased some time after the case has ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="received_files", verbose_name=_("請求")
    )
    # Of an answer to a question; without one it is the request itself.
    message = models.ForeignKey(
        Message,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="received_files",
        verbose_name=_("メッセージ"),
    )
    file = models.OneToOneField(EncryptedFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("ファイル"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("登録した担当者")
    )
    added_at = models.DateTimeField(_("登録日時"), default=timezone.now)

    class Meta:
        verbose_name = _("届いた請求の原本")
        verbose_name_plural = _("届いた請求の原本")
        ordering = ["added_at"]

    def __str__(self) -> str:
        return str(self.id)
