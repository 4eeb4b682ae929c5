"""Prove that nobody changed the audit trail."""

import argparse
import datetime
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.services import audit

LINKER_IS_LATE = datetime.timedelta(minutes=10)


def _head(value: str) -> tuple[int, bytes]:
    """``position:digest`` as this command prints it."""
    position, _colon, digest = value.partition(":")
    try:
        head = int(position), bytes.fromhex(digest)
    except ValueError:
        head = 0, b""
    if head[0] < 1 or len(head[1]) != 32:
        raise argparse.ArgumentTypeError(_("「位置:ハッシュ（16進数64桁）」の形で指定してください。"))
    return head


class Command(BaseCommand):
    """Links what waits, computes the whole chain again, and names the first broken link."""

    help = "Verify the hash chain over the audit trail. Exit code 1 if it is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            type=_head,
            metavar="POSITION:DIGEST",
            help="a head that an earlier run printed, kept outside the database",
        )
        parser.add_argument("--no-link", action="store_true", help="only read: do not link what waits first")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["no_link"]:
            audit.link_pending()
        found = audit.verify(expected=options["expect"])
        if found.problem:
            self.stderr.write(self.style.ERROR(_explain(found.problem)))
            sys.exit(1)
        waiting_since = audit.oldest_pending_at()
        if waiting_since and timezone.now() - waiting_since > LINKER_IS_LATE:
            self.stderr.write(
                self.style.ERROR(
                    _("%(count)d件の監査記録が10分以上連鎖されていません。ワーカーが動いているか確認してください。")
                    % {"count": found.pending}
                )
            )
            sys.exit(1)
        self.stdout.write(
            _("監査記録は変わっていません。連鎖：%(links)d件、連鎖待ち：%(pending)d件。")
            % {"links": found.links, "pending": found.pending}
        )
        if found.links:
            self.stdout.write(_("先頭（控えておくと、あとで --expect で確かめられます）："))
            self.stdout.write(f"{found.links}:{found.head.hex()}")


def _explain(problem: audit.Problem) -> str:
    sentences = {
        "gap": _("連鎖の位置%(position)sがありません。連鎖の行が削除されています。"),
        "entry_missing": _("連鎖の位置%(position)sの監査記録%(entry)sがありません。削除されています。"),
        "digest": _("連鎖の位置%(position)s（監査記録%(entry)s）でハッシュが合いません。変更されています。"),
        "head": _("連鎖の位置%(position)sが控えと合いません。連鎖が作り直されたか、終わりが削除されています。"),
        "not_linked": _("監査記録%(entry)sが連鎖にも連鎖待ちにもありません。連鎖の行が削除されています。"),
    }
    return sentences[problem.code] % {"position": problem.position, "entry": problem.entry_id}
