"""Recording provisions or receipts for several persons at once, and giving data out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile

from ..job_kinds import LEDGER_RUN, LEDGER_TRIAL
from .file_run import FileRun


class ProvisionRun(FileRun):
    """A list of persons on its way into a ledger.

    ``common`` holds what is the same for every row (the recipient, the ground, …); the uploaded list says who, and may
    say the rest row by row. An export also makes ``output``, the file for the recipient.
    """

    class Kind(models.TextChoices):
        NOW = "now", _("これから渡す（確かめてから記録する）")
        ALREADY = "already", _("すでに渡した（事実を記録する）")
        EXPORT = "export", _("渡すデータのファイルを作る")
        RECEIVED = "received", _("受け取った（記録する）")

    TRIAL_KIND, JOB_KIND = LEDGER_TRIAL, LEDGER_RUN
    TRY_TASK, RUN_TASK = "consent.try_provision_run", "consent.record_provisions"
    STARTED, GIVEN_UP = "provisions.started", "provisions.given_up"

    kind = models.CharField(_("内容"), max_length=10, choices=Kind)
    common = models.JSONField(_("共通の内容"), default=dict)
    party = models.CharField(_("相手"), max_length=200, blank=True)
    output = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("渡すファイル")
    )
    taken_at = models.DateTimeField(_("最初に受け取った日時"), null=True)

    class Meta(FileRun.Meta):
        verbose_name = _("提供・受領の一括記録")
        verbose_name_plural = _("提供・受領の一括記録")
        indexes = [models.Index(fields=["-created_at"], name="provision_run_newest")]
        permissions = [("export_provisionrun", _("渡すデータのファイルを作り、受け取れる"))]

    @property
    def sort(self) -> str:
        return self.get_kind_display()

    @property
    def audit_detail(self) -> dict[str, str]:
        return {"kind": self.kind}
