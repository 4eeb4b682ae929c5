"""How long the operator keeps what people give for a request."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..domain.retention import DEFAULTS, LIMITS, Periods


class RetentionRule(models.Model):
    """The times, at most one row. Without one, those of ``domain.retention`` hold."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    identity_days = models.PositiveSmallIntegerField(_("本人確認の資料（日）"), default=DEFAULTS.identity_days)
    files_days = models.PositiveSmallIntegerField(_("原本・添付・回答のファイル（日）"), default=DEFAULTS.files_days)
    case_months = models.PositiveSmallIntegerField(_("請求の記録（月）"), default=DEFAULTS.case_months)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("変えた人")
    )
    by_staff = models.BooleanField(_("担当者が変えた"), default=False)
    changed_at = models.DateTimeField(_("変えた日時"), default=timezone.now)

    class Meta:
        verbose_name = _("請求の情報の保存期間")
        verbose_name_plural = _("請求の情報の保存期間")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="retention_is_single"),
            models.CheckConstraint(
                condition=Q(identity_days__lte=LIMITS["identity_days"][1])
                & Q(files_days__lte=LIMITS["files_days"][1])
                & Q(case_months__gte=LIMITS["case_months"][0], case_months__lte=LIMITS["case_months"][1]),
                name="retention_within_limits",
            ),
            models.CheckConstraint(condition=Q(identity_days__lte=F("files_days")), name="retention_identity_first"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @property
    def periods(self) -> Periods:
        """As plain values."""
        return Periods(self.identity_days, self.files_days, self.case_months)
