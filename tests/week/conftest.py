"""What the week needs beside its engines and processes."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _quiet_mail_server() -> Iterator[None]:
    """The tables are what is to be read; the mail server tells every line that it gets."""
    logger = logging.getLogger("mail.log")
    before = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(before)
