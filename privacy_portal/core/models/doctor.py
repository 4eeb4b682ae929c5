"""What the consistency check found, and when."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DoctorReport(models.Model):
    """One run of the check. ``found`` names what is wrong by code, with counts and keys, never with data."""

    at = models.DateTimeField(_("点検した日時"), default=timezone.now)
    thorough = models.BooleanField(_("すべての行とファイルを見た"))
    problems = models.PositiveIntegerField(_("問題"))
    warnings = models.PositiveIntegerField(_("注意"))
    found = models.JSONField(_("見つかったこと"), default=list)

    class Meta:
        verbose_name = _("点検の結果")
        verbose_name_plural = pgettext_lazy("複数", "点検の結果")
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"], name="doctor_latest")]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What was found in words of the active language; the code where a later version no longer asks it."""
        from ..doctor_registry import checks

        known = {check.code: check for check in checks()}
        return [
            {
                **entry,
                "label": str(known[entry["code"]].label) if entry["code"] in known else entry["code"],
                "advice": str(known[entry["code"]].advice) if entry["code"] in known else "",
            }
            for entry in self.found
        ]
