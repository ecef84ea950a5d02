"""A stream has the session of its request, until its last byte.

With Flask 3.1.2 and 3.1.3, the context of a request ends before its stream begins, and
is pushed again for ``stream_with_context``; with others it ends with the stream. A
session that is in use by then goes on. Other streams, and files, are sent without a
connection.

Tested in ``tests/database/test_streams.py``.
"""

from collections.abc import Callable
from types import GeneratorType
from typing import Any
from typing import TypeAlias
from weakref import ref

from flask import Response
from flask.ctx import AppContext
from sqlalchemy.orm import Session

Stream: TypeAlias = "GeneratorType[Any, Any, Any]"

# The key of a session's stream in Session.info.
STREAM = "stream"


def keep(
    session: Session, response: Response, context: AppContext, end: Callable[[], None]
) -> None:
    """Remember a stream that will push the context of a session again.

    :param end: called when the response is closed, be it sent or not.
    """
    stream = response.response
    if isinstance(stream, GeneratorType) and holds(stream, context):
        # The stream refers to its context, and that to the session.
        session.info[STREAM] = ref(stream)
        response.call_on_close(end)


def holds(stream: Stream, context: AppContext) -> bool:
    """Tell whether a generator has a context among its variables."""
    frame = stream.gi_frame
    return frame is not None and any(it is context for it in frame.f_locals.values())


def give_up(session: Session) -> None:
    """Forget the stream of a session, as nobody will begin it."""
    session.info.pop(STREAM, None)


def is_needed(session: Session, error: object) -> bool:
    """Tell whether a stream needs a session whose context is about to end.

    :param error: what the context ends with. A stream that is closed early is followed
        by what else the response has to close, such as a cursor of its view.
    """
    reference = session.info.get(STREAM)
    stream = reference() if reference else None
    if stream is None or stream.gi_frame is None:
        return False

    return not stream.gi_running or isinstance(error, GeneratorExit)
