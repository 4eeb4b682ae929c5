"""``manage.py describe_retention``: what is kept of requests and how long, as it stands in ``docs/retention.md``."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from consent_app.domain.retention import DEFAULTS
from requests_app.domain.retention import KEPT, REMAINS, Kept, Stage

HEAD = "| what | until | what remains |\n|---|---|---|"
_UNTIL = {
    Stage.IDENTITY: f"`identity_days` ({DEFAULTS.identity_days} days) after the request ended",
    Stage.FILES: f"`files_days` ({DEFAULTS.files_days} days) after the request ended",
    Stage.CASE: f"`case_months` ({DEFAULTS.case_months} months) after the request ended",
}


def retention_table() -> str:
    """The table and what remains as Markdown, in English; the periods are the defaults."""
    with translation.override("en"):
        rows = [f"| {kept.what} | {_until(kept)} | {kept.remains} |" for kept in KEPT]
        remains = [f"* {one}" for one in REMAINS]
    return "\n".join([HEAD, *rows, "", "What remains of a case:", "", *remains])


def _until(kept: Kept) -> str:
    words = [_UNTIL[kept.stage]] if kept.stage else []
    return "; ".join([*words, *([str(kept.ends)] if kept.ends else [])])


class Command(BaseCommand):
    """Prints; a test holds the printed table against the one in the documentation."""

    help = "Print what is kept of requests and how long as Markdown, for docs/retention.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(retention_table())
