"""Fixtures for every test. The engines start when this file is imported, before anything reads the settings."""

import os
import sys

from tests.support.engines import start_engines

try:
    start_engines()
except RuntimeError as error:  # EngineError, named by its base: its package is imported only when it is needed
    sys.exit(str(error))

import django  # noqa: E402, needs the servers' addresses

django.setup()

pytest_plugins = ["tests.support.mail", "tests.support.worker", "tests.support.browser"]
