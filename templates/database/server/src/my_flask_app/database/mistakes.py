"""A URL that no server will ever accept is named in the log.

Clients get the same answer as from a server that is down, but waiting will not help.

Tested in ``tests/database/test_mistakes.py``.
"""

import logging
import re

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import ExceptionContext

logger = logging.getLogger(__name__)

# What servers and resolvers write of the parts of a URL. A name that cannot be resolved
# now is not among them.
PARTS = {
    "host": r"name or service not known|no address associated|nodename nor servname"
    r"|getaddrinfo failed|unknown .*host .*\(-2\)|ORA-12545",
    "user or password": r"password authentication failed|role .* does not exist"
    r"|SASL authentication failed|no password supplied"
    r"|access denied for user .*\(using password|login failed for user|ORA-01017",
    "database": r"database .* does not exist|unknown database|cannot open database"
    r"|no such database"
    r"|access denied for user .* to database|ORA-12514",
}


def protect(engine: Engine) -> None:
    """Log what is wrong if a connection can never be made."""
    event.listen(engine, "handle_error", log_mistake)


def log_mistake(context: ExceptionContext) -> None:
    text = str(context.original_exception)
    part = wrong_part(text) if context.connection is None else None
    if part is not None:
        line = " ".join(text.split())
        logger.error(
            "The %s in the URL is wrong, waiting will not help: %s", part, line
        )


def wrong_part(text: str) -> str | None:
    """Return which part of the URL an error is about."""
    for part, pattern in PARTS.items():
        if re.search(pattern, text, re.IGNORECASE):
            return part

    return None
