"""What is sent along with a message."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import EncryptedFile

from .message import Message
from .request import DisclosureRequest


class MessageFile(models.Model):
    """A picture or PDF of a message. Until it is sent it has no message and only who added it sees it.

    The content, and the name that its owner gave it, are erased some time after the case has ended
    (``domain.retention``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="message_files", verbose_name=_("請求")
    )
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.CASCADE, related_name="files", verbose_name=_("メッセージ")
    )
    file = models.OneToOneField(EncryptedFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("ファイル"))
    name = EncryptedTextField(_("ファイル名"), null=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("添付した人")
    )
    added_at = models.DateTimeField(_("添付日時"), default=timezone.now)
    position = models.PositiveSmallIntegerField(_("順番"), default=0, help_text=_("一度に選ばれたファイルの並び。"))

    class Meta:
        verbose_name = _("メッセージのファイル")
        verbose_name_plural = _("メッセージのファイル")
        ordering = ["added_at", "position"]
        indexes = [
            models.Index(fields=["added_at"], name="message_file_unsent", condition=Q(message=None)),
        ]

    def __str__(self) -> str:
        return str(self.id)
