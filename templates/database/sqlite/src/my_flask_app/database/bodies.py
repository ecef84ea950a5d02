"""The body of a request is there before it takes its turn to write.

Tested in ``tests/database/test_safe_requests.py``.
"""

import shutil
import weakref
from tempfile import SpooledTemporaryFile

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

    body = SpooledTemporaryFile(max_size=LONG)
    weakref.finalize(request, body.close)
    try:
        shutil.copyfileobj(request.stream, body)
    except (HTTPException, OSError):
        return

    body.seek(0)
    request.environ["wsgi.input"] = body
    del vars(request)["stream"]
