"""What a file of rows goes through on its way in, whatever its rows are."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import EncryptedFile, Job


class FileRun(models.Model):
    """A file on its way in: taken, looked through by a worker, begun by a person, done by a worker.

    The upload is kept, encrypted, only until the work is done or given up. ``trial`` counts what would happen, ``job``
    does it; ``counts`` grows with every chunk, in the chunk's transaction, so that work taken up again after a crash
    goes on counting where it stood.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("確認中")
        READY = "ready", _("開始待ち")
        RUNNING = "running", _("実行中")
        DONE = "done", _("完了")
        FAILED = "failed", _("失敗")
        GIVEN_UP = "given_up", _("取りやめ")

    # What a kind of file names: its two jobs, the tasks that do them, the actions of the audit trail.
    TRIAL_KIND: ClassVar[str]
    JOB_KIND: ClassVar[str]
    TRY_TASK: ClassVar[str]
    RUN_TASK: ClassVar[str]
    STARTED: ClassVar[str]
    GIVEN_UP: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    encoding = models.CharField(_("文字コード"), max_length=20)
    records = models.PositiveIntegerField(_("行数"), default=0)
    upload = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("ファイル")
    )
    report = models.ForeignKey(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("問題の一覧")
    )
    trial = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("確認"))
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("実行"))
    counts = models.JSONField(_("件数"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("始めた人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    given_up_at = models.DateTimeField(_("取りやめた日時"), null=True)

    class Meta:
        abstract = True
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.sort} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def sort(self) -> str:
        """Which sort of file or of work it is, in words."""
        raise NotImplementedError

    @property
    def audit_detail(self) -> dict[str, str]:
        """What the audit trail says of it beside its number."""
        raise NotImplementedError

    @property
    def can_start(self) -> bool:
        """Whether the file has been looked through and waits for somebody to say yes."""
        return bool(self.trial and self.trial.state == Job.State.DONE and not self.job_id and not self.given_up_at)

    @property
    def state(self) -> State:
        """Where it stands, read from its two jobs."""
        job = self.job or self.trial
        if self.given_up_at:
            return self.State.GIVEN_UP
        if job is None or job.state == Job.State.FAILED:
            return self.State.FAILED
        if self.job is None:
            return self.State.READY if job.state == Job.State.DONE else self.State.CHECKING
        return self.State.DONE if job.state == Job.State.DONE else self.State.RUNNING
