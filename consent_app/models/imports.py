"""Imports of customers: what was uploaded, what came of it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile, Job


class ImportBatch(models.Model):
    """One file of customers on its way in.

    The uploaded file is kept, encrypted, only until the import is done or given up. ``trial`` counts what would happen,
    ``job`` does it; ``counts`` grows with every chunk, in the chunk's transaction, so that work taken up again after a
    crash goes on counting where it stood.
    """

    class Format(models.TextChoices):
        SHOPIFY = "shopify", "Shopify"
        ECCUBE = "eccube", "EC-CUBE"
        BASE = "base", "BASE"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    format = models.CharField(_("形式"), max_length=10, choices=Format)
    encoding = models.CharField(_("文字コード"), max_length=20)
    records = models.PositiveIntegerField(_("行数"), default=0)
    unknown_columns = ArrayField(
        models.CharField(max_length=100), verbose_name=_("取り込まない列"), default=list, blank=True
    )
    upload = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("ファイル")
    )
    report = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("問題の一覧")
    )
    trial = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("確認"))
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("取込"))
    counts = models.JSONField(_("件数"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("取り込んだ人"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    given_up_at = models.DateTimeField(_("取りやめた日時"), null=True)

    class Meta:
        verbose_name = _("顧客データの取込")
        verbose_name_plural = _("顧客データの取込")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.get_format_display()} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def can_start(self) -> bool:
        """Whether the file has been looked through and waits for somebody to say yes."""
        return bool(self.trial and self.trial.state == Job.State.DONE and not self.job_id and not self.given_up_at)
