"""Files that are encrypted at rest."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EncryptedFile(models.Model):
    """A file in the storage whose content is encrypted with a data key of its own.

    The data key is sealed with the keyring and bound to this row, so that a key rotation rewrites rows, not files.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(
        _("ファイル名"), max_length=150, help_text=_("ダウンロード時の名前。個人データを含めません。")
    )
    content_type = models.CharField(_("種類"), max_length=100)
    size = models.PositiveBigIntegerField(_("大きさ（バイト）"), default=0, help_text=_("暗号化する前の大きさ。"))
    sealed_key = models.BinaryField(_("暗号化された鍵"), null=True, editable=False)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    erased_at = models.DateTimeField(_("消去日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("暗号化ファイル")
        verbose_name_plural = _("暗号化ファイル")

    def __str__(self) -> str:
        return f"{self.name} {self.id}"

    @property
    def path(self) -> str:
        """Where the ciphertext lies in the default storage; says nothing about the content."""
        return f"encrypted/{self.id.hex[:2]}/{self.id.hex}"
