"""What the person receives, and the permission to open it once."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile

from .decision import Decision
from .request import DisclosureRequest


class AnswerFile(models.Model):
    """A file made for a decision: the package of data or the letter."""

    class Kind(models.TextChoices):
        PACKAGE = "package", _("開示するデータ")
        LETTER = "letter", _("通知書")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="answer_files", verbose_name=_("請求")
    )
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="files", verbose_name=_("決定"))
    kind = models.CharField(_("種類"), max_length=10, choices=Kind)
    file = models.OneToOneField(EncryptedFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("ファイル"))
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    expires_at = models.DateTimeField(_("公開の期限"))
    download_count = models.PositiveIntegerField(_("ダウンロード回数"), default=0)
    first_opened_at = models.DateTimeField(_("最初に開いた日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("回答ファイル")
        verbose_name_plural = _("回答ファイル")
        constraints = [models.UniqueConstraint(fields=["decision", "kind"], name="one_file_of_a_kind")]
        indexes = [models.Index(fields=["expires_at"], name="answer_expiry")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"


class DownloadGrant(models.Model):
    """The permission, after a fresh code, for one account to open one file once, for a few minutes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answer_file = models.ForeignKey(AnswerFile, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    expires_at = models.DateTimeField(_("期限"))
    used_at = models.DateTimeField(_("使用日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("ダウンロードの許可")
        verbose_name_plural = _("ダウンロードの許可")
        indexes = [models.Index(fields=["expires_at"], name="grant_expiry")]

    def __str__(self) -> str:
        return str(self.id)
