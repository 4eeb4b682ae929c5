"""``manage.py describe_transitions``: the table of transitions as it stands in ``docs/architecture.md``."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from requests_app.domain.transitions import TRANSITIONS, Actor, Status

HEAD = "| in the status | event | caused by | leads to |\n|---|---|---|---|"


def transitions_table() -> str:
    """The table as Markdown, with the names that people see; one row for each cell that is not refused."""
    with translation.override("ja"):
        rows = [
            f"| {_status(before)} | `{event.value}` | {Actor(actor).value} | {_status(after)} |"
            for (before, event, actor), after in TRANSITIONS.items()
        ]
    return "\n".join([HEAD, *rows])


def _status(status: Status) -> str:
    return f"`{status.value}` {status.label}"


class Command(BaseCommand):
    """Prints; a test holds the printed table against the one in the documentation."""

    help = "Print the table of transitions as Markdown, for docs/architecture.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(transitions_table())
