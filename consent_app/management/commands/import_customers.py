"""``manage.py import_customers FILE [--format shopify|eccube|base] [--dry-run]``"""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from consent_app.domain.formats import FORMATS, FileProblem
from consent_app.services import imports
from consent_app.services.import_texts import count_labels, file_problem_text
from consent_app.services.import_work import Outcome
from privacy_portal.core.models import Job
from privacy_portal.core.services import files, jobs

_SHOWN = 20


class Command(BaseCommand):
    """Imports customers from a file that a cart has written."""

    help = "Imports customers or orders from the CSV of Shopify, EC-CUBE or BASE. A second time nothing changes."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV as the cart wrote it")
        parser.add_argument("--format", choices=sorted(FORMATS), default="", help="instead of finding it out")
        parser.add_argument("--dry-run", action="store_true", help="only count what would happen")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write the list of problems to this file, too")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("ファイルがありません：%(path)s") % {"path": path})
        try:
            outcome = imports.import_file(
                source=lambda: path.open("rb"),
                wanted=options["format"],
                trial=options["dry_run"],
                actor="command",
                on_progress=self._progress,
            )
        except FileProblem as problem:
            raise CommandError(file_problem_text(problem)) from None
        except OSError as error:
            raise CommandError(_("ファイルを読めません：%(reason)s") % {"reason": error.strerror}) from None
        self._say(outcome, dry_run=options["dry_run"], report=options["report"])

    def _progress(self, job: Job) -> None:
        if self.stdout.isatty():
            jobs.print_progress(job=job, write=lambda text: self.stdout.write(text, ending=""))
            self.stdout.flush()

    def _say(self, outcome: Outcome, *, dry_run: bool, report: Path | None) -> None:
        if self.stdout.isatty():
            self.stdout.write("")
        heading = _("取り込むとこうなります（まだ何も変えていません）") if dry_run else _("取り込みました")
        self.stdout.write(f"{heading}: {_('%(count)s行') % {'count': f'{outcome.records:,}'}}")
        for name, label in count_labels().items():
            self.stdout.write(f"  {label}: {outcome.counts[name]:,}")
        if outcome.unknown:
            self.stdout.write(_("取り込まない列：") + " ".join(outcome.unknown))
        if not outcome.problems:
            return
        self.stdout.write(_("確かめてほしい行（%(count)s件）") % {"count": f"{outcome.problems:,}"})
        for group in imports.problem_groups(job=outcome.job, limit=_SHOWN):
            lines = ", ".join(map(str, group.lines)) + (", …" if group.count > len(group.lines) else "")
            place = f"{group.column}: " if group.column else ""
            self.stdout.write(f"  {place}{group.reason} {group.count:,} ({_('行')} {lines})")
        if report and outcome.report:
            with report.open("wb") as target:
                for piece in files.open_stream(outcome.report):
                    target.write(piece)
            self.stdout.write(_("一覧を書き出しました：%(path)s") % {"path": report})
        elif not dry_run:
            self.stdout.write(_("一覧は管理画面の「顧客データの取込」からダウンロードできます。"))
