"""Progress of long work, kept where everybody can see it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .. import job_registry


class Job(models.Model):
    """A piece of long work and how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", _("開始待ち")
        RUNNING = "running", _("実行中")
        DONE = "done", _("完了")
        FAILED = "failed", _("失敗")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("種類"), max_length=60)
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("全体"), null=True, blank=True)
    done = models.PositiveIntegerField(_("済み"), default=0)
    problem_count = models.PositiveIntegerField(_("問題"), default=0)
    result = models.JSONField(_("結果"), default=dict, help_text=_("件数だけ。個人データは入れません。"))
    error = models.CharField(_("エラー"), max_length=200, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("開始した人"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    started_at = models.DateTimeField(_("開始日時"), null=True, blank=True)
    updated_at = models.DateTimeField(
        _("最後の進み"), default=timezone.now, help_text=_("長く変わらなければ止まっています。")
    )
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("処理")
        verbose_name_plural = pgettext_lazy("複数", "処理")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="job_newest")]

    def __str__(self) -> str:
        return job_registry.label(self.kind)

    @property
    def percent(self) -> int | None:
        """0 to 100, or None while the total is unknown."""
        if self.state == self.State.DONE:
            return 100
        if not self.total:
            return None
        return min(99, self.done * 100 // self.total)


class JobProblem(models.Model):
    """One thing that went wrong in a job: where and why, never the value itself."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="problems", verbose_name=_("処理"))
    line = models.PositiveIntegerField(_("行"), null=True)
    column = models.CharField(_("列"), max_length=100, blank=True)
    code = models.CharField(_("理由"), max_length=60)

    class Meta:
        verbose_name = _("処理の問題")
        verbose_name_plural = _("処理の問題")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.line}: {self.code}"
