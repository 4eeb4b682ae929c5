"""A form that is not sent yet."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField


class RequestDraft(models.Model):
    """What somebody typed so far, encrypted, one for a person and type. Purged when it is not touched for long."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    request_type = models.CharField(_("請求の種類"), max_length=30)
    answers = EncryptedTextField(_("入力内容（JSON）"))
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    updated_at = models.DateTimeField(_("更新日時"), default=timezone.now)

    class Meta:
        verbose_name = _("下書き")
        verbose_name_plural = _("下書き")
        constraints = [models.UniqueConstraint(fields=["user", "request_type"], name="one_draft_of_a_type")]
        indexes = [models.Index(fields=["updated_at"], name="draft_age")]

    def __str__(self) -> str:
        return str(self.id)
