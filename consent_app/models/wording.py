"""What was asked for under a purpose, version by version."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.localized import Localized

from .registers import Purpose


class PurposeVersion(models.Model):
    """The text beside the button, in both languages, from a moment on.

    Written when the register changes (:mod:`consent_app.services.wordings`). The database lets nobody alter it: it says
    what a consent refers to. Only whether the change was ``material`` may be judged later, because no program can tell
    a slip of the pen from another meaning. A consent to a version before a material change covers nothing any more.
    """

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="versions", verbose_name=_("利用目的"))
    number = models.PositiveIntegerField(_("版"))
    since = models.DateTimeField(_("いつから"))
    shown_ja = models.TextField(_("示す文言"))
    shown_en = models.TextField(_("示す文言（英語）"))
    # The facts by which a change is judged: the purpose as the person reads it, the items, the recipient.
    text_ja = models.TextField(_("利用目的"))
    text_en = models.TextField(_("利用目的（英語）"))
    explanation_ja = models.TextField(_("説明"), blank=True)
    explanation_en = models.TextField(_("説明（英語）"), blank=True)
    items = ArrayField(models.CharField(max_length=40), verbose_name=_("使うデータ項目"), default=list)
    provided_to = models.CharField(_("提供先"), max_length=200, blank=True)
    material = models.BooleanField(
        _("意味が変わる変更"), default=False, help_text=_("前の版への同意では、もう使えません。")
    )
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("判断した人"),
    )
    judged_at = models.DateTimeField(_("判断日時"), null=True, blank=True)
    judgement = models.CharField(_("判断の理由"), max_length=300, blank=True)

    shown = Localized()
    text = Localized()

    class Meta:
        verbose_name = _("利用目的の説明の版")
        verbose_name_plural = _("利用目的の説明の版")
        ordering = ["purpose", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="purpose_version_once"),
            models.UniqueConstraint(fields=["purpose", "since"], name="purpose_version_one_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(number__gt=1) | models.Q(number=1, material=False),
                name="purpose_version_first_changes_nothing",
            ),
            models.CheckConstraint(
                condition=models.Q(judged_at=None, judgement="")
                | (models.Q(judged_at__isnull=False) & ~models.Q(judgement="")),
                name="purpose_version_judged_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return _("第%(number)s版") % {"number": self.number}
