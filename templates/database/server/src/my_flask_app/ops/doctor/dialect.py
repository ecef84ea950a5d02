"""What the doctor asks a server of which nothing more is known."""

from typing import Any

PORT = int("{{ database().dialect.port }}")

# How many connections the user may have.
CONNECTIONS = ""

# After how many seconds a connection is ended.
IDLE = ""
WAIT = ""

# Those that read nothing that was not committed.
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
ISOLATE = "Let them begin with READ COMMITTED."

SLEEP = "{{ database().dialect.sql.sleep }}"

CHECKS: tuple[Any, ...] = ()
