"""The body of a request is there before it takes its turn to write.

Tested in ``tests/database/test_safe_requests.py``.
"""

import io
import shutil
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Request
from werkzeug.exceptions import HTTPException

# A body that is longer, in bytes, is kept in a file, as Werkzeug does with uploads.
LONG = 500 * 1024


def receive_body(request: Request) -> None:
    """Receive the body, unless that has begun; it can be read as if it came now.

    If it is too large, or the client gives up, whatever reads it gets the error.
    """
    if "stream" in vars(request):
        return

    try:
        stream = request.stream
    except HTTPException:  # The view may allow it to be larger.
        return

    body: Any = Body(max_size=LONG)
    try:
        shutil.copyfileobj(stream, body)
        body.seek(0)
        del vars(request)["stream"]
    except (HTTPException, OSError) as error:
        body = vars(request)["stream"] = FailedBody(error)

    request.environ["wsgi.input"] = body


class Body(SpooledTemporaryFile[bytes]):
    """A body that is closed when nothing refers to it any more."""

    def __del__(self) -> None:
        self.close()


class FailedBody(io.RawIOBase):
    """A body that did not come to its end, as whatever reads it is told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise self.error
