"""Running things at once, each on a database connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def run_at_once(calls: list[Callable[[], Result]]) -> list[Result]:
    """Start every call at the same moment and give their results in the order of the calls.

    Raises:
        BaseException: the first error that a call raised.
    """
    gate = threading.Barrier(len(calls))
    results: dict[int, Result] = {}
    errors: list[BaseException] = []

    def run(index: int, call: Callable[[], Result]) -> None:
        try:
            gate.wait(timeout=30)
            results[index] = call()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(calls))]


def in_thread(call: Callable[[], Result]) -> Result:
    """Run one call on another connection, while this one holds its locks."""
    return run_at_once([call])[0]
