"""Say whether everything fits and everything due is done."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy_portal.core.doctor_registry import Level, checks
from privacy_portal.core.services import doctor


class Command(BaseCommand):
    """Asks every question of the consistency check; changes nothing."""

    help = "Check consistency: audit chain, mail, files, jobs, requests. Exit code 1 if there is a problem."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the results as JSON")
        parser.add_argument("--quick", action="store_true", help="leave out what reads every row or file")
        parser.add_argument("--only", action="append", default=[], metavar="CODE", help="ask only this question")

    def handle(self, *args: Any, **options: Any) -> None:
        known = {check.code for check in checks()}
        if unknown := sorted(set(options["only"]) - known):
            raise CommandError(
                _("「%(code)s」という点検はありません。あるもの：%(known)s")
                % {"code": unknown[0], "known": " ".join(sorted(known))}
            )
        now = timezone.now()
        results = doctor.examine(now=now, thorough=not options["quick"], only=options["only"])
        if options["json"]:
            self.stdout.write(json.dumps({"at": now.isoformat(), "results": [one.as_json() for one in results]}))
        else:
            for result in results:
                self._tell(result)
        if any(result.is_wrong and result.level == Level.PROBLEM for result in results):
            sys.exit(1)

    def _tell(self, result: doctor.Result) -> None:
        if not result.is_wrong:
            self.stdout.write(f"{self.style.SUCCESS('OK')}       {result.check.code}")
            return
        mark = self.style.ERROR("PROBLEM") if result.level == Level.PROBLEM else self.style.WARNING("WARNING")
        count = ngettext("%(n)d件", "%(n)d件", result.found.count) % {"n": result.found.count}
        what = _("点検できませんでした（%(error)s）") % {"error": result.error} if result.error else count
        self.stdout.write(f"{mark}  {result.check.code}: {result.check.label} — {what}")
        for example in result.found.examples:
            self.stdout.write(f"           {example}")
        self.stdout.write(f"           {result.check.advice}")
