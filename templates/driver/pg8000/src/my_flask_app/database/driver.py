# /// template
# dialects: [postgresql]
# requirement: pg8000>=1.31,<2
# module: pg8000
# ///
"""What is particular to pg8000, the driver.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from .sockets import is_readable

NAME = "pg8000"

CONNECT_ARGS: dict[str, Any] = {}

ENGINE_OPTIONS: dict[str, Any] = {}


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    # It has no public name for its socket.
    return connection._usock is None or is_readable(connection._usock)


def error_code(error: Any) -> object:
    """Return the SQLSTATE of an error, if it has one."""
    fields = error.args[0] if error.args else None
    return fields.get("C") if isinstance(fields, dict) else None
