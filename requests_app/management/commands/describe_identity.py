"""``manage.py describe_identity``: levels and means, as they stand in ``docs/decisions/identity-levels.md``."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from requests_app.domain.identity_levels import ALWAYS, MEANS, ORDINARY, REACHES, Means, otherwise


def identity_tables() -> str:
    """The two tables as Markdown, in English, for an operator who uses every means."""
    with translation.override("en"):
        levels = [
            f"| {level.label} | {_list(means)} | {_list(otherwise(level, Means.values))} |"
            for level, means in ORDINARY.items()
        ]
        rows = [
            f"| {row.means.label} | {row.proves} | {row.against} | {row.strength.label} | {_reaches(row.means)} "
            f"| {'always' if row.means in ALWAYS else f'`{row.means.value}`'} |"
            for row in MEANS.values()
        ]
    return "\n".join(
        [
            "| level | ordinarily | where that fails, one of |",
            "|---|---|---|",
            *levels,
            "",
            "| means | what it proves | who passes it all the same | strength | reaches | used |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )


def _list(means: Any) -> str:
    return ", ".join(str(Means(one).label) for one in means) or "–"


def _reaches(means: Means) -> str:
    ways = []
    for way, level in REACHES:
        if means in way:
            others = [str(one.label) for one in Means if one in way and one != means]
            ways.append(f"{int(level)} with: {', '.join(others)}" if others else str(int(level)))
    return "; ".join(ways)


class Command(BaseCommand):
    """Prints; a test holds the printed tables against those in the documentation."""

    help = "Print the levels and means of the identity check as Markdown, for docs/decisions/identity-levels.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(identity_tables())
