"""Log lines that find a fault without naming a person.

Messages of exceptions carry values: the database quotes the row that it refused, a parser the text it could not read.
So a log line has the places and the kinds of errors and never their messages, in development too: a page shows the
message to whoever asked for it, a log to whoever comes by.

Every process of the product writes through this one configuration: web (``gunicorn.error`` is in it), worker and beat
(Celery would put handlers of its own in its place, see ``privacy_portal/celery.py``) and commands, whose last words
Python itself prints (:func:`withhold_last_words`).
"""

import datetime
import json
import logging
import re
import sys
import threading
import traceback
from types import TracebackType

from celery import current_task
from django.conf import settings

from .request_id import current_request_id

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
WITHHELD = "(message withheld)"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def kind(error: BaseException) -> str:
    """The error as it may be logged."""
    return f"{_name(error)} {WITHHELD}"


def trace(error: BaseException | None) -> str:
    """Places and kinds of an error and of those that led to it, without any message."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.insert(0, "".join(traceback.format_tb(error.__traceback__)) + kind(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


class AddRequestId(logging.Filter):
    """Make the request's id part of every record, "-" outside a request, and take messages of errors out of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django writes its line about an error status when the request is over and the id no longer current.
        request = getattr(record, "request", None)
        record.request_id = current_request_id.get() or getattr(request, "request_id", "") or "-"
        if isinstance(record.msg, BaseException):
            record.msg, record.args = kind(record.msg), ()
        elif isinstance(record.args, dict):
            record.args = {name: _without_values(name, value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_without_values("", value) for value in record.args)
        if record.name == "gunicorn.error":
            # The address of a request that failed; what was searched for stands behind the question mark.
            record.msg = re.sub(r"\?\S*", "?…", record.getMessage())
            record.args = ()
        return True


def _without_values(name: str, value: object) -> object:
    if isinstance(value, BaseException):
        return kind(value)
    # Celery hands over the error's repr and its whole trace as texts.
    if name == "exc":
        found = re.match(r"[\w.]+", str(value))
        return f"{found[0] if found else 'error'} {WITHHELD}"
    if name == "traceback":
        return WITHHELD
    return value


class WithoutValues(logging.Formatter):
    """The plain format, with tracebacks that name places only."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have kept its own trace in the record, with the message.
        record.exc_text = None
        line = super().format(record)
        record.exc_text = None
        return line

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        return trace(ei[1])


class JsonLines(WithoutValues):
    """The same as one JSON object a line, for machines that collect logs. No field holds more than the plain line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        request_id = getattr(record, "request_id", "-")
        if request_id != "-":
            line["request_id"] = request_id
        if current_task:
            line |= {"task": current_task.name, "task_id": current_task.request.id}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _name(record.exc_info[1])
            line["trace"] = trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def last_words(error: BaseException) -> str:
    """What is printed of an error that nobody handled, in the form that the other lines have."""
    if settings.LOG_FORMAT != "json":
        return trace(error)
    told = {"name": "privacy_portal", "levelname": "CRITICAL", "msg": "An error was handled by nobody."}
    return JsonLines().format(logging.makeLogRecord({**told, "exc_info": (type(error), error, error.__traceback__)}))


def withhold_last_words() -> None:
    """Have errors that end a process or a thread printed without their messages, and warnings as lines of the log.

    Not while DEBUG is on: the developer who typed the command reads them, on sample data.
    """
    if settings.DEBUG:
        return
    logging.captureWarnings(True)

    def of_process(kind_: type[BaseException], error: BaseException, places: TracebackType | None) -> None:
        if issubclass(kind_, KeyboardInterrupt):
            sys.__excepthook__(kind_, error, places)
        else:
            sys.stderr.write(last_words(error.with_traceback(places)) + "\n")

    def of_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            sys.stderr.write(last_words(arguments.exc_value) + "\n")

    def of_nobody(arguments: "sys.UnraisableHookArgs") -> None:
        if arguments.exc_value is not None:
            sys.stderr.write(last_words(arguments.exc_value) + "\n")

    sys.excepthook, threading.excepthook, sys.unraisablehook = of_process, of_thread, of_nobody
