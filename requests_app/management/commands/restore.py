"""Bring a backup back, without bringing back whom it should not."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy_portal.core.crypto import DecryptionError
from privacy_portal.core.services import backup
from requests_app.services import erasure_again


class Command(BaseCommand):
    """Restores into an empty database, brings it up to this release, and does the journal's erasures again."""

    help = (
        "Restore a backup into an empty database and do again what was erased since. Only with web and workers stopped."
    )

    # The database is empty: whatever looks into it before would fail.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="one of the folders that backup wrote")
        journals = parser.add_mutually_exclusive_group(required=True)
        journals.add_argument(
            "--journal",
            type=Path,
            action="append",
            metavar="FILE",
            help="the journal of erasures; several from several machines",
        )
        journals.add_argument(
            "--no-journal", action="store_true", help="there is none: who was erased since the backup is there again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        journals: list[Path] = options["journal"] or []
        if lost := [path for path in journals if not path.is_file()]:
            raise CommandError(f"There is no {lost[0]}.")
        try:
            manifest = backup.restore(source=options["backup"])
            call_command("migrate", interactive=False, verbosity=0)
            done = erasure_again.again(journals=journals)
        except (backup.BackupError, DecryptionError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Restored the state of {manifest['at']}. Erased again: {done['erased']}; erased already: {done['known']};"
            f" not in the backup: {done['absent']}."
        )
        self.stdout.write(f"Now: manage.py verify_audit --expect {manifest['audit_head'] or 'POSITION:DIGEST'}")
        self.stdout.write("Then start web, workers and beat, wait five minutes, and: manage.py doctor")
