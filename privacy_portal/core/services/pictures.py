"""Pages of a PDF as pictures, for where only pixels are wanted: what is covered in a picture is gone."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from django.core.exceptions import ValidationError

from .. import cleaning
from .uploads import PATIENCE, WORDS

logger = logging.getLogger(__name__)

_START: Final = "import sys; sys.path.append(sys.argv[1]); from cleaning.render import main; main()"
_FOLDER: Final = str(Path(cleaning.__file__).parent.parent)


def of_pdf(content: bytes) -> list[bytes]:
    """The pages of a PDF as JPEG, in their order.

    Args:
        content: a PDF as ``uploads.clean`` leaves it. It is drawn in a process of its own all the same.

    Raises:
        ValidationError: it cannot be drawn, with words for the sender.
    """
    # Of the environment only what finds the interpreter's own libraries: the keys of this product are in it.
    needed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    command = [sys.executable, "-I", "-c", _START, _FOLDER]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, env=needed, check=False)
    except subprocess.TimeoutExpired:
        logger.warning("A PDF took too long to be drawn.")
        raise _unsafe() from None
    line, _newline, rest = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        # Its messages may quote the file.
        logger.warning("The process that draws a PDF ended with %s.", done.returncode)
        raise _unsafe()
    found, start = [], 0
    for size in json.loads(line):
        found.append(rest[start : start + size])
        start += size
    if not found or start != len(rest):
        raise _unsafe()
    return found


def _unsafe() -> ValidationError:
    return ValidationError(WORDS["unsafe"], code="unsafe")
