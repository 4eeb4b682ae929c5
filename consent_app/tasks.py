"""What the registers do unattended. Every task may run twice without harm."""

from celery import shared_task
from django.utils import timezone

from .models import ExportOrder, ImportBatch, ProvisionRun
from .services import (
    broadcasts,
    care,
    consent_expiry,
    email_changes,
    entrusted_file,
    erasure,
    erasure_journal,
    export_files,
    exports,
    file_runs,
    imports,
    ledger_retention,
    looks,
    matters,
    provision_runs,
)


@shared_task(name=ImportBatch.TRY_TASK)
def try_import(pk: str) -> None:
    """Count what an uploaded file would change."""
    if batch := ImportBatch.objects.select_related("trial", "upload").filter(pk=pk).first():
        imports.try_out(batch=batch, now=timezone.now())


@shared_task(name=ImportBatch.RUN_TASK)
def import_customers(pk: str) -> None:
    """Import an uploaded file."""
    if batch := ImportBatch.objects.select_related("job__started_by", "upload").filter(pk=pk).first():
        imports.run(batch=batch)


@shared_task(name="consent.sweep_imports")
def sweep_imports() -> None:
    """Take up imports whose nudge or worker was lost, and drop uploads that nobody started."""
    now = timezone.now()
    file_runs.renudge(ImportBatch, now=now)
    file_runs.give_up_old(ImportBatch, now=now)


@shared_task(name=broadcasts.TASK)
def send_broadcast(pk: str) -> None:
    """Write the next mails of a broadcast."""
    broadcasts.run(broadcast_id=pk)


@shared_task(name="consent.sweep_broadcasts")
def sweep_broadcasts() -> None:
    """Take up broadcasts whose nudge or worker was lost."""
    broadcasts.sweep(now=timezone.now())


@shared_task(name="consent.remind_staff")
def remind_staff() -> None:
    """Tell staff what in the registers is due."""
    care.remind(now=timezone.now())


@shared_task(name="consent.expire_consents")
def expire_consents() -> None:
    """Write down which consents have run out."""
    consent_expiry.expire(now=timezone.now())


@shared_task(name="consent.sweep_email_changes")
def sweep_email_changes() -> None:
    """Forget the addresses of changes that are over and can no longer be undone."""
    email_changes.purge(now=timezone.now())


@shared_task(name=exports.MAKE_TASK)
def make_export(pk: str) -> None:
    """Make a file ready that a second person approved."""
    if order := ExportOrder.objects.filter(pk=pk).first():
        export_files.make(order=order, now=timezone.now())


@shared_task(name="consent.sweep_exports")
def sweep_exports() -> None:
    """Take up files that no worker made, erase those whose time is over."""
    exports.sweep(now=timezone.now())


@shared_task(name="consent.purge_looks")
def purge_looks() -> None:
    """Forget after a year for which reason staff looked at customers."""
    looks.purge(now=timezone.now())


@shared_task(name="consent.purge_ledgers")
def purge_ledgers() -> None:
    """Erase records of provisions and receipts whose time is over."""
    ledger_retention.purge(now=timezone.now())


@shared_task(name="consent.write_erasure_journal")
def write_erasure_journal() -> None:
    """Write down outside of the database what was erased and is not in the journal yet."""
    erasure_journal.write(now=timezone.now())


@shared_task(name="consent.erase_due")
def erase_due() -> None:
    """Erase what had to be kept until today although its person was erased."""
    erasure.erase_due(now=timezone.now())


@shared_task(name="consent.record_matters")
def record_matters() -> None:
    """Keep what the page of matters made knowable says, where the registers have changed it."""
    matters.record_changes(now=timezone.now())


@shared_task(name="consent.purge_entrusted_files")
def purge_entrusted_files() -> None:
    """Erase the files for subcontractors whose time is over."""
    entrusted_file.purge(now=timezone.now())


@shared_task(name="consent.purge_broadcasts")
def purge_broadcasts() -> None:
    """Forget who was told by broadcasts that ended long ago."""
    broadcasts.purge(now=timezone.now())


@shared_task(name=ProvisionRun.TRY_TASK)
def try_provision_run(pk: str) -> None:
    """Count what a list of provisions or receipts would do."""
    if run := ProvisionRun.objects.select_related("trial", "upload").filter(pk=pk).first():
        provision_runs.try_out(run=run, now=timezone.now())


@shared_task(name=ProvisionRun.RUN_TASK)
def record_provisions(pk: str) -> None:
    """Record a list of provisions or receipts."""
    if run := ProvisionRun.objects.select_related("job__started_by", "upload").filter(pk=pk).first():
        provision_runs.run(run=run, now=timezone.now())


@shared_task(name="consent.sweep_provisions")
def sweep_provisions() -> None:
    """Take up lists whose nudge or worker was lost; drop lists that nobody started and files that nobody took."""
    now = timezone.now()
    file_runs.renudge(ProvisionRun, now=now)
    file_runs.give_up_old(ProvisionRun, now=now)
    provision_runs.purge_files(now=now)
