"""Forms take what their own pages send, and nothing else.

Tested in ``tests/test_students.py``.
"""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.utils import cached_property
from wtforms import ValidationError

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")

# What browsers send. Another program may send no body, and then has no token.
TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "")

FORGED = (
    "This page was open for too long, or your browser keeps no cookies. Load the page"
    " again before you send it."
)


class Form(FlaskForm):  # type: ignore[misc]
    """A form that refuses a forged request before it reads it.

    :raises UnsupportedMediaType: if the request is not sent by a form.
    :raises CSRFError: if it has no valid token.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        @cached_property
        def csrf_time_limit(self) -> int:
            """Return how many seconds a token is valid, which is longer than lunch."""
            return 12 * 60 * 60

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            if request.method not in SAFE:
                if request.mimetype not in TYPES:
                    raise UnsupportedMediaType
                if self.csrf:
                    self.refuse_forged()

            return super().wrap_formdata(form, formdata)

        def refuse_forged(self) -> None:
            """Refuse before the form makes a token, which would be a new session."""
            name = self.csrf_field_name
            # A form may have a prefix.
            sent = [it for key, it in request.form.items() if key.endswith(name)]
            try:
                token = sent[0] if sent else None
                validate_csrf(token, self.csrf_secret, self.csrf_time_limit, name)
            except ValidationError:
                raise CSRFError(FORGED) from None
