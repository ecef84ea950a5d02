"""What the doctor asks PostgreSQL."""

from typing import Any

PORT = 5432

# How many connections the user may have.
CONNECTIONS = """
SELECT LEAST(
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - COALESCE(current_setting('reserved_connections', true)::int, 0),
    (SELECT NULLIF(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
    (SELECT NULLIF(datconnlimit, -1) FROM pg_database
     WHERE datname = current_database())
)
"""

# After how many seconds a connection is ended, or 0.
IDLE = """
SELECT setting::int / 1000.0 FROM pg_settings WHERE name = 'idle_session_timeout'
"""
WAIT = "Set idle_session_timeout to more, or to 0."

# The first is what the application was tested with.
LEVELS = ("READ COMMITTED",)
ISOLATE = (
    "Two requests that meet would fail. Set default_transaction_isolation to 'read"
    " committed', and use run_transaction() where more is needed."
)

SLEEP = "{{ database().dialect.sql.sleep }}"

CHECKS: tuple[Any, ...] = ()
