"""Write a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy_portal.core.services import backup


class Command(BaseCommand):
    """Dumps the database, encrypted while it passes, and copies the encrypted files."""

    help = "Write a backup into a new folder below FOLDER and print its name. The product keeps running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--plain", action="store_true", help="do not encrypt the dump: something else does")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = backup.backup(folder=options["folder"], plain=options["plain"], now=timezone.now())
        except backup.BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(str(written))
