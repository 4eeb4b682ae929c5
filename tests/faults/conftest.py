"""What a test prints about the things that it breaks goes into docs/faults.md."""

import sys
from collections.abc import Callable

import pytest


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Prints what was counted, in one line; ``pytest -s`` shows it."""

    def print_them(**counted: object) -> None:
        words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counted.items())
        sys.stdout.write(f"\n{request.node.name}: {words}\n")

    return print_them
