"""What the doctor asks CockroachDB."""

from typing import Any

PORT = 26257

# How many connections the user may have: no setting limits them by itself.
CONNECTIONS = ""

# Idle connections are not ended.
IDLE = ""
WAIT = ""

# The first is what the application was made for.
LEVELS = ("SERIALIZABLE",)
ISOLATE = "Let them begin with SERIALIZABLE, the default."

SLEEP = "{{ database().dialect.sql.sleep }}"

CHECKS: tuple[Any, ...] = ()
