"""What every page of the portal loads: little, from here, with its licences."""

import gzip
import re
from hashlib import sha256
from pathlib import Path

from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
FIRST_VISIT = (
    "vendor/bootstrap/bootstrap.min.css",
    "vendor/design-tokens/tokens.css",
    "portal/portal.css",
    "portal/portal.js",
    "portal/favicon.svg",
)


def test_first_visit_leaves_room_for_the_page_within_100_kb() -> None:
    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in FIRST_VISIT) < 60_000


def test_our_files_load_nothing_from_elsewhere_and_nothing_inline() -> None:
    for name in ("portal/portal.css", "portal/portal.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|//[a-z0-9-]+\.[a-z]|url\(|@import|\beval\b|innerHTML", text), name


def test_no_source_map_is_named_that_is_not_shipped() -> None:
    for path in STATIC.rglob("*.css"):
        assert "sourceMappingURL" not in path.read_text(encoding="utf-8"), path


def test_vendored_files_are_unchanged_and_bring_their_licence() -> None:
    sums = {
        "bootstrap/bootstrap.min.css": "06395d93f5adbc0593ed84544eb043fa32ab8619c6b7195e803e119f5b9f3672",
        "design-tokens/tokens.css": "ec3fb5b1e881d1bdf076feff29fe15a32269353c7a9cef40194f1eff0c3d7a90",
    }
    for name, expected in sums.items():
        path = STATIC / "vendor" / name
        assert sha256(path.read_bytes()).hexdigest() == expected
        assert "MIT" in (path.parent / "LICENSE").read_text(encoding="utf-8")
