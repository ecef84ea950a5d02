"""How a line of the log looks: JSON in production, and text in development.

Gunicorn's first process imports this module, so it needs nothing but Python. Tested in
``tests/ops/test_request_log.py``.
"""

import json
import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from datetime import timezone

TEXT = "%(asctime)s [%(process)d] %(levelname)s %(message)s"

encode = json.JSONEncoder(default=str).encode

# What would end a line, or tell a terminal something.
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(slots=True, eq=False)
class Request:
    """What the log says of a request, besides what the client has sent."""

    id: str
    status: int = 500  # Until the application gives another.
    queries: int = 0
    seconds: float = 0.0  # In which it waited for the database.
    error: str = ""
    ended: bool = False


# Threads and greenlets that inherit a context have its request.
current: ContextVar[Request | None] = ContextVar("current", default=None)


def current_id() -> str:
    request = current.get()
    if request and request.ended:
        # This line is the server's, about the error with which it ended.
        current.set(None)

    return request.id if request else ""


class TextFormatter(logging.Formatter):
    """Writes lines for people; those of a request end with its id."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line, request = super().formatMessage(record), current_id()
        return f"{visible(line.rstrip())} [{request}]" if request else line


class JsonFormatter(logging.Formatter):
    """Writes an object on one line, with the arguments that have a name."""

    def format(self, record: logging.LogRecord) -> str:
        line = dict(record.args) if isinstance(record.args, dict) else {}
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        line["time"] = moment.isoformat(timespec="milliseconds")
        line["level"] = record.levelname
        line["logger"] = record.name
        line["process"] = record.process
        line["message"] = record.getMessage()
        if request := current_id():
            line["request_id"] = request
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)

        return encode(line)


def summary(error: BaseException) -> str:
    """Return what an error says in one line, without the statement."""
    error = getattr(error, "orig", None) or error
    return visible(f"{type(error).__name__}: {error}".partition("\n")[0])


def visible(text: str) -> str:
    """Return a text as one line that does nothing to a terminal."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
