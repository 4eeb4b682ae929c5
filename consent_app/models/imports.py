"""Imports of customers: what was uploaded, what came of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..job_kinds import IMPORT, TRIAL
from .file_run import FileRun


class ImportBatch(FileRun):
    """One file of customers on its way in."""

    class Format(models.TextChoices):
        SHOPIFY = "shopify", "Shopify"
        ECCUBE = "eccube", "EC-CUBE"
        BASE = "base", "BASE"

    TRIAL_KIND, JOB_KIND = TRIAL, IMPORT
    TRY_TASK, RUN_TASK = "consent.try_import", "consent.import_customers"
    STARTED, GIVEN_UP = "customers.import_started", "customers.import_given_up"

    format = models.CharField(_("形式"), max_length=10, choices=Format)
    unknown_columns = ArrayField(
        models.CharField(max_length=100), verbose_name=_("取り込まない列"), default=list, blank=True
    )

    class Meta(FileRun.Meta):
        verbose_name = pgettext_lazy("単数", "顧客データの取込")
        verbose_name_plural = _("顧客データの取込")
        indexes = [models.Index(fields=["-created_at"], name="import_newest")]

    @property
    def sort(self) -> str:
        return self.get_format_display()

    @property
    def audit_detail(self) -> dict[str, str]:
        return {"format": self.format}
