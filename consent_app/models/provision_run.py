"""Recording provisions or receipts for several persons at once, and giving data out."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile, Job


class ProvisionRun(models.Model):
    """A list of persons on its way into a ledger.

    ``common`` holds what is the same for every row (the recipient, the ground, …); the uploaded list says who, and may
    say the rest row by row. The list is kept, encrypted, only until the run is done or given up. ``trial`` counts what
    would happen, ``job`` does it. An export also makes ``output``, the file for the recipient.
    """

    class Kind(models.TextChoices):
        NOW = "now", _("これから渡す（確かめてから記録する）")
        ALREADY = "already", _("すでに渡した（事実を記録する）")
        EXPORT = "export", _("渡すデータのファイルを作る")
        RECEIVED = "received", _("受け取った（記録する）")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("内容"), max_length=10, choices=Kind)
    common = models.JSONField(_("共通の内容"), default=dict)
    party = models.CharField(_("相手"), max_length=200, blank=True)
    encoding = models.CharField(_("文字コード"), max_length=20)
    records = models.PositiveIntegerField(_("行数"), default=0)
    upload = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("一覧")
    )
    report = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("問題の一覧")
    )
    output = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("渡すファイル")
    )
    taken_at = models.DateTimeField(_("最初に受け取った日時"), null=True)
    trial = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("確認"))
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("記録"))
    counts = models.JSONField(_("件数"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("始めた人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    given_up_at = models.DateTimeField(_("取りやめた日時"), null=True)

    class Meta:
        verbose_name = _("提供・受領の一括記録")
        verbose_name_plural = _("提供・受領の一括記録")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="provision_run_newest")]
        permissions = [("export_provisionrun", _("渡すデータのファイルを作り、受け取れる"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def can_start(self) -> bool:
        """Whether the list has been looked through and waits for somebody to say yes."""
        return bool(self.trial and self.trial.state == Job.State.DONE and not self.job_id and not self.given_up_at)
