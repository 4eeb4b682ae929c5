"""Seal everything that is encrypted with the first key, or say which keys are still needed."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from privacy_portal.core.crypto import keyring
from privacy_portal.core.services import key_rotation


class Command(BaseCommand):
    """May be stopped and started again; the product can run meanwhile."""

    help = (
        "Seal anew, with the first key of FIELD_ENCRYPTION_KEYS, what an older key sealed, and say which keys are "
        "still needed. Exit code 1 while something is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", action="store_true", help="only say which keys are used where")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["status"]:
            self._rotate()
        if not self._report(details=options["status"]):
            sys.exit(1)

    def _rotate(self) -> None:
        try:
            result = key_rotation.rotate(progress=lambda place, number: self.stdout.write(f"{place}  {number}"))
        except key_rotation.AlreadyRunning:
            self._fail(_("鍵の交換は、もう別のところで動いています。"))
        except key_rotation.OwnerNeeded as error:
            self._fail(
                _(
                    "表「%(table)s」は証拠なので、その所有者だけが暗号文を書き換えられます。"
                    "migrate と同じ DATABASE_URL で動かしてください。"
                )
                % {"table": error.args[0]}
            )
        self.stdout.write(_("暗号化し直した値：%(number)d件") % {"number": result.sealed.total()})
        for place, number in sorted(result.unreadable.items()):
            self.stderr.write(
                self.style.ERROR(_("%(place)s：%(number)d件を復号できません。") % {"place": place, "number": number})
            )

    def _fail(self, words: str) -> None:
        self.stderr.write(self.style.ERROR(words))
        sys.exit(1)

    def _report(self, *, details: bool) -> bool:
        """One line for each key; whether the first one is all that is needed."""
        ring, used = keyring(), key_rotation.used()
        for key_id in sorted(ring.ids | set(used), key=lambda one: (one != ring.primary_id, one)):
            places = used.get(key_id, Counter())
            names = {"key": key_id, "number": sum(places.values())}
            if key_id not in ring.ids:
                line = self.style.ERROR(
                    _("鍵「%(key)s」が設定にありません。%(number)d件を読めません。鍵を戻してください。") % names
                )
            elif key_id == ring.primary_id:
                line = _("鍵「%(key)s」：使用中（先頭）、%(number)d件") % names
            elif places:
                line = self.style.WARNING(_("鍵「%(key)s」：まだ%(number)d件に要ります。外さないでください。") % names)
            else:
                line = _("鍵「%(key)s」：使われていません。設定から外せます。") % names
            self.stdout.write(line)
            if details or key_id != ring.primary_id:
                for place, number in sorted(places.items()):
                    self.stdout.write(f"    {place}  {number}")
        return not set(used) - {ring.primary_id}
