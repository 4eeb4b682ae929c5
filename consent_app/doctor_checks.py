"""What can be wrong in the registers: what is due and not done, and what came apart."""

import datetime

from django.utils.translation import gettext_lazy as _

from privacy_portal.core.doctor_registry import EXAMPLES, Check, Found, register, rows

from .models import Broadcast, CustomerRecord
from .services import consent_expiry, erasure_journal

# The workers come every five minutes or every hour.
LATE = datetime.timedelta(hours=2)


def consents_not_expired(now: datetime.datetime) -> Found:
    """Consents that ran out and of which nobody wrote it down."""
    return rows(consent_expiry.due(now - LATE))


def records_not_erased(now: datetime.datetime) -> Found:
    """What was kept by law of a person who was erased, after its day."""
    return rows(CustomerRecord.objects.filter(erase_on__lt=(now - datetime.timedelta(days=1)).date()))


def broadcasts_stopped(now: datetime.datetime) -> Found:
    """Notices to everybody on which nobody works any more."""
    running = Broadcast.objects.filter(finished_at=None, paused_at=None)
    return rows(running.filter(job__updated_at__lt=now - LATE))


def erasures_not_journaled(now: datetime.datetime) -> Found:
    """Erasures that a restored backup would undo."""
    missing = erasure_journal.missing(before=now - datetime.timedelta(minutes=15), now=now)
    return Found(len(missing), tuple(str(record.pk) for record in missing[:EXAMPLES]))


_SEE_WORKER = _("ワーカーと beat が動いているか、ログにエラーがないかを確認してください。")

register(
    Check("consent_not_expired", _("期限の切れた同意が記録されていません"), _SEE_WORKER, consents_not_expired),
    Check("record_not_erased", _("消去の日を過ぎた記録が残っています"), _SEE_WORKER, records_not_erased),
    Check(
        "erasure_not_journaled",
        _("消去の控えに書かれていない消去があります"),
        _("ERASURE_JOURNAL のファイルに書き込めるかを確かめてください。バックアップから戻すときに必要です。"),
        erasures_not_journaled,
    ),
    Check("broadcast_stopped", _("止まっている一斉のお知らせがあります"), _SEE_WORKER, broadcasts_stopped),
)
