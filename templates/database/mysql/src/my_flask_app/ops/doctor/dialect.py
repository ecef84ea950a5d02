"""What the doctor asks MySQL and MariaDB."""

from collections.abc import Iterator
from typing import Any
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from .setup import Setup

PORT = 3306

# How many connections the user may have.
CONNECTIONS = """
SELECT CAST(LEAST(@@max_connections,
    IF(@@max_user_connections = 0, @@max_connections, @@max_user_connections)
) AS UNSIGNED)
"""

# After how many seconds a connection is ended.
IDLE = "SELECT @@wait_timeout"
WAIT = "Set wait_timeout to more."

# Those that the application was tested with.
LEVELS = ("REPEATABLE READ", "READ COMMITTED")
ISOLATE = (
    "Requests would read what is not committed, or wait for those that read. Set"
    " transaction_isolation to REPEATABLE-READ, the default."
)

SLEEP = "{{ database().dialect.sql.sleep }}"


def strict(setup: "Setup") -> Iterator[str]:
    """The server refuses values that do not fit."""
    if "STRICT" not in str(setup.connection.scalar(text("SELECT @@sql_mode"))):
        yield (
            "The server cuts off what does not fit, and stores the rest. Add"
            " STRICT_TRANS_TABLES to sql_mode."
        )


def spoken(setup: "Setup") -> Iterator[str]:
    """Connections carry every text."""
    charset = setup.connection.scalar(text("SELECT @@character_set_connection"))
    if charset != "utf8mb4":
        yield (
            f"Connections carry {charset}, which lacks characters. Remove charset from"
            " DATABASE_URL, or set it to utf8mb4."
        )


CHECKS: tuple[Any, ...] = (strict, spoken)
