"""``python -m privacy_portal.development.encrypted_places`` prints what is encrypted, as in ``docs/retention.md``."""

import sys

from privacy_portal.encrypted_places import ELSEWHERE, PLACES


def table() -> str:
    """The places by their reason, as Markdown."""
    reasons: dict[str, list[str]] = {}
    for place, why in {**PLACES, **ELSEWHERE}.items():
        reasons.setdefault(why, []).append(f"`{place}`" if "." in place else place)
    rows = [f"| {why} | {'<br>'.join(places)} |" for why, places in reasons.items()]
    return "\n".join(["| why | where |", "|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
