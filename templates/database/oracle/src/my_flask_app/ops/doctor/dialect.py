"""What the doctor asks Oracle."""

from typing import Any

PORT = 1521

# How many connections the user may have: only an administrator can ask.
CONNECTIONS = ""

# Idle connections are not ended, unless somebody has made a profile that does.
IDLE = ""
WAIT = ""

# The first is what the application was made for.
LEVELS = ("READ COMMITTED",)
ISOLATE = "Let them begin with READ COMMITTED, the default."

SLEEP = "{{ database().dialect.sql.sleep }}"

CHECKS: tuple[Any, ...] = ()
