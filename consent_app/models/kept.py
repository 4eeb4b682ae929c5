"""Registers that staff keep: two people may have the same entry open, and what it said before must be known."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KeptModel(models.Model):
    """An entry that staff keep.

    ``revision`` counts the changes, so that a form which was opened before somebody else's change is not saved over it.
    ``kept_by_staff`` is true from the first change by a person on: from then on a profile no longer writes the entry.
    Changed through :mod:`consent_app.services.kept` only, which writes the history.
    """

    revision = models.PositiveIntegerField(_("改訂"), default=1, editable=False)
    kept_by_staff = models.BooleanField(_("担当者が管理"), default=False, editable=False)

    class Meta:
        abstract = True


class RegisterChange(models.Model):
    """One change of an entry: what it was and what it became. Append-only, and the database sees to it.

    Values are texts as staff read them. Entries of registers are facts about the operator and its partners; a register
    about persons keeps its own history.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("追加")
        CHANGED = "changed", _("変更")

    object_type = models.CharField(_("台帳"), max_length=100)
    object_id = models.CharField(_("項目"), max_length=64)
    revision = models.PositiveIntegerField(_("改訂"))
    kind = models.CharField(_("種類"), max_length=10, choices=Kind)
    # Name of the field -> [before, after]; a list is a value of many.
    fields = models.JSONField(_("変わった内容"), default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("変更した人")
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("台帳の変更")
        verbose_name_plural = _("台帳の変更")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["object_type", "object_id", "-at"], name="register_history")]
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "revision"], name="register_change_once_per_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} {self.revision}"


class Reminder(models.Model):
    """Staff were told that something in the registers is due; once for each stage (:mod:`consent_app.domain.care`)."""

    kind = models.CharField(_("種類"), max_length=60)
    object_id = models.CharField(_("項目"), max_length=64)
    stage = models.CharField(_("段階"), max_length=40)
    sent_at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("台帳の手入れのお知らせ")
        verbose_name_plural = _("台帳の手入れのお知らせ")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id", "stage"], name="reminder_once_per_stage")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.stage}"
