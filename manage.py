#!/usr/bin/env python
"""Django's command line. Without settings named, it is a development run."""

import os
import sys


def main() -> None:
    """Run one management command.

    In development, where no servers are named in the environment, the embedded engines are started first, so that
    ``manage.py`` works in a fresh clone.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacy_portal.settings.dev")
    if os.environ["DJANGO_SETTINGS_MODULE"] == "privacy_portal.settings.dev":
        from privacy_portal.engines import provide

        provide()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
