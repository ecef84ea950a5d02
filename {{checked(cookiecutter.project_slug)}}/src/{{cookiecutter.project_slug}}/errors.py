"""The page that people see when something went wrong."""

from flask import current_app
from flask import Flask
from flask import render_template
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import SecurityError
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from .database.failures import is_temporary

RETRY_AFTER = 5  # seconds


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, show_error)


def show_error(error: HTTPException) -> Response:
    """Return the page for an error.

    It is 503 where the database may well be able to answer later, and 409 where another
    request has changed the same row in the meantime.
    """
    # Where the host is not one of ours, there are no URLs for a page.
    if error.response is not None or isinstance(error, SecurityError):
        return error.get_response()

    cause = getattr(error, "original_exception", None)
    if is_temporary(cause):
        error = ServiceUnavailable(retry_after=RETRY_AFTER)
    elif isinstance(cause, StaleDataError):
        error = Conflict("Somebody else has changed this. Look at it again, please.")

    response = error.get_response()
    response.content_type = "text/html; charset=utf-8"
    try:
        response.data = render_template("error.html", error=error)
    except Exception:
        # Without the database, for instance. Werkzeug's own page is still there.
        current_app.logger.exception("The error page cannot be shown")

    return response
