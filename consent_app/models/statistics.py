"""Statistics as they were released: frozen, because a second look at fresh numbers would tell who came in between."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..domain.disclosure_control import LOWEST_MINIMUM


class StatisticsRelease(models.Model):
    """One table as it may be shown to anybody. Append-only, and the database sees to it.

    ``shown`` is ``[[row, column, number or null], …]``; ``counted`` are the finest cells as they were counted, shown to
    nobody: the next release is compared with them (:mod:`consent_app.services.statistics`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    table = models.SlugField(_("表"), max_length=40)
    minimum = models.PositiveSmallIntegerField(_("最小の人数"))
    shown = models.JSONField(_("公表できる数"), encoder=DjangoJSONEncoder)
    counted = models.JSONField(_("数えた結果"), encoder=DjangoJSONEncoder, editable=False)
    made_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("作成した人")
    )

    class Meta:
        verbose_name = _("統計")
        verbose_name_plural = _("統計")
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["table", "-made_at"], name="statistics_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minimum__gte=LOWEST_MINIMUM), name="statistics_minimum_protects_somebody"
            )
        ]

    def __str__(self) -> str:
        return f"{self.table} {timezone.localtime(self.made_at):%Y-%m-%d}"
