"""What the doctor asks SQL Server."""

from typing import Any

PORT = 1433

# How many connections the user may have.
CONNECTIONS = "SELECT @@MAX_CONNECTIONS"

# Idle connections are not ended, unless somebody has made a profile that does.
IDLE = ""
WAIT = ""

# The first is what the application was made for.
LEVELS = ("READ COMMITTED",)
ISOLATE = "Let them begin with READ COMMITTED, the default."

SLEEP = "{{ database().dialect.sql.sleep }}"

CHECKS: tuple[Any, ...] = ()
