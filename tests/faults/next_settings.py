"""The settings of the tests, of the next release."""

from privacy_portal.settings.test import *  # noqa: F403
from privacy_portal.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.next_release"]
