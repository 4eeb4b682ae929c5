"""What the kernel does unattended. Every task may run twice without harm."""

from celery import shared_task
from django.utils import timezone

from .services import audit, codes, delivery, doctor, files, jobs, outbox
from .sessions import SessionStore


@shared_task(name="core.send_mail_row")
def send_mail_row(pk: str) -> None:
    """Send one mail as soon as it is committed."""
    delivery.deliver(pk=pk)


@shared_task(name="core.sweep_mail")
def sweep_mail() -> None:
    """Send what is due: lost nudges, retries, and mails whose worker disappeared."""
    delivery.deliver_due()


@shared_task(name="core.empty_old_mail")
def empty_old_mail() -> None:
    """Empty mails whose retention is over."""
    outbox.empty_old(now=timezone.now())


@shared_task(name="core.link_audit_entries")
def link_audit_entries() -> None:
    """Link new audit entries into the hash chain, and leave the sign that beat and a worker are alive."""
    audit.link_pending()
    doctor.say_alive(timezone.now())


@shared_task(name="core.remove_orphan_files")
def remove_orphan_files() -> None:
    """Delete encrypted files that no row needs."""
    files.remove_orphans(now=timezone.now())


@shared_task(name="core.purge_codes")
def purge_codes() -> None:
    """Delete one-time codes that expired more than a day ago."""
    codes.purge(now=timezone.now())


@shared_task(name="core.clear_sessions")
def clear_sessions() -> None:
    """Delete sessions that are over; a sign-in that was never finished leaves a sealed address there."""
    SessionStore.clear_expired()


@shared_task(name="core.examine")
def examine(thorough: bool = False) -> None:
    """Check whether everything fits and everything due is done, and keep the result for the admin."""
    doctor.report(now=timezone.now(), thorough=thorough)


@shared_task(name="core.purge_jobs")
def purge_jobs() -> None:
    """Delete jobs, and what went wrong in them, 90 days after their last sign of life."""
    jobs.purge(now=timezone.now())
