"""What was made knowable under article 32(1), version by version."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MattersVersion(models.Model):
    """What the page of matters made knowable said from a moment on. Append-only, and the database sees to it.

    Published by a member of staff, or recorded by a worker (``automatic``) because the registers had changed since:
    the page follows the registers (docs/decisions/matters-made-known.md).

    ``content``: language -> list of ``{"code", "heading", "lines"}``.
    """

    number = models.PositiveIntegerField(_("版"), unique=True)
    content = models.JSONField(_("内容"), encoder=DjangoJSONEncoder)
    automatic = models.BooleanField(_("自動の記録"), default=False)
    made_at = models.DateTimeField(_("日時"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("公表した人")
    )

    class Meta:
        verbose_name = _("公表事項")
        verbose_name_plural = _("公表事項")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(automatic=False) | models.Q(number__gt=1, made_by=None),
                name="matters_first_published_by_staff",
            )
        ]

    def __str__(self) -> str:
        return str(_("第%(number)s版") % {"number": self.number})
