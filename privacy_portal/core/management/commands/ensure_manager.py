"""Make the first staff account, or give one a new start."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy_portal.core.services import staff_accounts
from privacy_portal.core.services.staff_accounts import AddressTaken, FirstSignIn, NoSuchStaff


class Command(BaseCommand):
    """The first sign-in data goes to standard output and nowhere else; everything else to standard error."""

    help = "Make the Personal Information Manager's account with a random first password, unless it exists."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default="manager@rokusho.example", help="the account's mail address")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--reset",
            action="store_true",
            help="new password, no second factor, sessions ended: for a lost phone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        try:
            first = self._run(email, reset=options["reset"])
        except ValueError:
            raise CommandError("--email is not a mail address.") from None
        except AddressTaken:
            raise CommandError("This address belongs to a customer's account. Choose another one.") from None
        except NoSuchStaff:
            raise CommandError("No staff account has this address.") from None
        if options["json"]:
            created = {"password": first.password} if first else {}
            self.stdout.write(json.dumps({"created": first is not None, "email": email, **created}))
        elif first:
            self.stdout.write(f"E-mail:   {first.email}\nPassword: {first.password}")
            self.stdout.write("At the first sign-in you set up an authenticator app or a passkey.")
        else:
            self.stderr.write("The manager's account exists; nothing was changed.")

    def _run(self, email: str, *, reset: bool) -> FirstSignIn | None:
        if reset:
            return staff_accounts.reset_sign_in(email=email, actor="command")
        return staff_accounts.ensure_manager(email=email, actor="command")
