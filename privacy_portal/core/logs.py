"""Log lines that find a fault without naming a person.

Messages of exceptions carry values: the database quotes the row that it refused, a parser the text it could not read.
So a traceback is written with its places and the names of the exceptions, not with their messages. While DEBUG is on,
on a developer's machine with sample data, messages stay.
"""

import logging
import traceback
from types import TracebackType

from django.conf import settings

from .request_id import current_request_id

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class AddRequestId(logging.Filter):
    """Make the request's id part of every record; "-" outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django writes its line about an error status when the request is over and the id no longer current.
        request = getattr(record, "request", None)
        record.request_id = current_request_id.get() or getattr(request, "request_id", "") or "-"
        # Celery writes the exception's message into its own line.
        if isinstance(record.args, dict) and "exc" in record.args and not settings.DEBUG:
            record.args = {**record.args, "exc": str(record.args["exc"]).partition("(")[0]}
        return True


class WithoutValues(logging.Formatter):
    """The plain format, with tracebacks that name places only."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        if settings.DEBUG:
            return super().formatException(ei)
        lines: list[str] = []
        error: BaseException | None = ei[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            places = "".join(traceback.format_tb(error.__traceback__))
            lines.insert(0, f"{places}{type(error).__module__}.{type(error).__qualname__} (message withheld)")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)
