"""What can be wrong in the kernel: the audit trail, mail, files, jobs, and the parts the product runs on."""

import datetime
from itertools import islice

import redis
from django.core.cache import cache
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy_portal.celery import app

from . import redis_server
from .doctor_registry import EXAMPLES, Check, Found, Level, register, rows
from .models import Job, OutgoingMail
from .services import audit, files

# The sweeps come every minute; what they left for so long, they do not take up.
LATE = datetime.timedelta(minutes=15)
# Deleted once a day, when older than a day.
ORPHANS_LATE = datetime.timedelta(days=2)
FAILED_WITHIN = datetime.timedelta(days=7)
# Set by the task that beat starts most often; see ``tasks.link_audit_entries``.
ALIVE_KEY = "doctor.alive"
ALIVE_LATE = datetime.timedelta(minutes=5)
# So many waiting tasks mean that workers are too few or gone.
LONG_QUEUE = 1000

State = OutgoingMail.State


def audit_chain(now: datetime.datetime) -> Found:
    """The whole chain, computed again."""
    problem = audit.verify().problem
    return Found(0) if problem is None else Found(1, (f"{problem.code}:{problem.position or problem.entry_id}",))


def audit_pending(now: datetime.datetime) -> Found:
    """Entries that the linker has left alone."""
    oldest = audit.oldest_pending_at()
    return Found(1) if oldest and now - oldest > LATE else Found(0)


def mail_due(now: datetime.datetime) -> Found:
    """Mails that should have left, and mails whose worker went away with them."""
    late = now - LATE
    due = Q(state__in=(State.QUEUED, State.WAITING), due_at__lt=late) | Q(state=State.SENDING, lease_until__lt=late)
    return rows(OutgoingMail.objects.filter(due))


def mail_failed(now: datetime.datetime) -> Found:
    """Mails of the last week that nobody got."""
    return rows(OutgoingMail.objects.filter(state=State.FAILED, created_at__gt=now - FAILED_WITHIN))


def jobs_stalled(now: datetime.datetime) -> Found:
    """Long work whose worker fell silent, or that no worker took up."""
    late = now - LATE
    waiting = Q(state=Job.State.WAITING, created_at__lt=late)
    return rows(Job.objects.filter(waiting | Q(state=Job.State.RUNNING, updated_at__lt=late)))


def files_lost(now: datetime.datetime) -> Found:
    """Rows whose encrypted file is not there."""
    lost = (str(key) for key in files.lost())
    examples = tuple(islice(lost, EXAMPLES))
    return Found(len(examples) + sum(1 for _key in lost), examples)


def files_orphaned(now: datetime.datetime) -> Found:
    """Files without a row that the daily cleaning has left."""
    names = (name.rpartition("/")[2] for name in files.orphans(now=now - ORPHANS_LATE))
    examples = tuple(islice(names, EXAMPLES))
    return Found(len(examples) + sum(1 for _name in names), examples)


def migrations_missing(now: datetime.datetime) -> Found:
    """Changes of the database that this version needs."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Found(len(plan), tuple(str(migration) for migration, _backwards in plan[:EXAMPLES]))


def broker_away(now: datetime.datetime) -> Found:
    """Redis does not answer."""
    try:
        with redis_server.broker() as store:
            store.ping()
    except redis.RedisError as error:
        return Found(1, (type(error).__name__,))
    return Found(0)


def queue_long(now: datetime.datetime) -> Found:
    """Tasks pile up."""
    try:
        with redis_server.broker() as store:
            waiting = sum(int(store.llen(name)) for name in queues())
    except redis.RedisError:
        return Found(0)  # told by broker_away
    return Found(waiting) if waiting > LONG_QUEUE else Found(0)


def queues() -> list[str]:
    """The queues that tasks are sent to."""
    return sorted({str(app.conf.task_default_queue), *(app.conf.task_queues or {})})


def worker_silent(now: datetime.datetime) -> Found:
    """Nothing that beat starts and a worker does has happened lately."""
    try:
        last = cache.get(ALIVE_KEY)
    except redis.RedisError:
        return Found(0)  # told by broker_away
    return Found(0) if last and now - last < ALIVE_LATE else Found(1)


def mail_server_away(now: datetime.datetime) -> Found:
    """The mail server takes no connection."""
    server = get_connection()
    try:
        server.open()
    except OSError as error:  # smtplib's errors are of this kind
        return Found(1, (type(error).__name__,))
    server.close()
    return Found(0)


_SEE_WORKER = _("ワーカーと beat が動いているか、ログにエラーがないかを確認してください。")

register(
    Check(
        "migrations_missing",
        _("データベースに適用していない変更があります"),
        _("manage.py migrate を実行してください。"),
        migrations_missing,
    ),
    Check(
        "broker_away",
        _("Redis が応答しません"),
        _("Redis を起動してください。請求は受け付けられ、戻ると処理が続きます。"),
        broker_away,
    ),
    Check("worker_silent", _("ワーカーまたは beat が5分以上動いていません"), _SEE_WORKER, worker_silent),
    Check("queue_long", _("待っている処理が多すぎます"), _("ワーカーを増やしてください。"), queue_long, Level.WARNING),
    Check(
        "mail_server_away",
        _("メールサーバーにつながりません"),
        _("EMAIL_URL とメールサーバーを確認してください。メールは送れるまで残ります。"),
        mail_server_away,
    ),
    Check("mail_due", _("送る時刻を過ぎたメールがあります"), _SEE_WORKER, mail_due),
    Check(
        "mail_failed",
        _("この7日に送れなかったメールがあります"),
        _("管理画面の「送信メール」で宛先を確かめ、もう一度送るか、電話や手紙で知らせてください。"),
        mail_failed,
        Level.WARNING,
    ),
    Check("jobs_stalled", _("止まっている長い処理があります"), _SEE_WORKER, jobs_stalled),
    Check("audit_pending", _("監査記録が連鎖されていません"), _SEE_WORKER, audit_pending),
    Check(
        "audit_chain",
        _("監査記録の連鎖が合いません"),
        _("manage.py verify_audit で場所を確かめ、だれが書き換えたかを調べてください。"),
        audit_chain,
        thorough=True,
    ),
    Check(
        "files_lost",
        _("ファイルのない記録があります"),
        _("MEDIA_ROOT かバケットへ、バックアップから戻してください。"),
        files_lost,
        thorough=True,
    ),
    Check("files_orphaned", _("記録のないファイルが残っています"), _SEE_WORKER, files_orphaned, thorough=True),
)
