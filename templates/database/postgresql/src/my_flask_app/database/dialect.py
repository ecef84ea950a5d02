# /// template
# title: PostgreSQL
# driver: psycopg
# port: 5432
# create: createdb --host={host} --port={port} --username={username} {database}
# images:
#   postgresql: postgres:18
# sql:
#   database: SELECT current_database()
#   connection_id: SELECT pg_backend_pid()
#   connection_ids: SELECT pid FROM pg_stat_activity
#   kill: SELECT pg_terminate_backend({})
#   sleep: SELECT pg_sleep(0.2)
#   change: SET TIME ZONE 'Asia/Tokyo'
# ///
"""What is particular to PostgreSQL.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"postgresql": "postgresql", "postgres": "postgresql"}

# Whether a URL has to name a database.
NEEDS_DATABASE = True

# serialization_failure and deadlock_detected: the transaction may be run again.
CONFLICTS: set[object] = {"40001", "40P01"}

# admin_shutdown, crash_shutdown, cannot_connect_now and idle_session_timeout, and those
# of poolers, connection_exception and connection_failure: the connection has ended.
LOST: set[object] = {"57P01", "57P02", "57P03", "57P05", "08000", "08006"}

# read_only_sql_transaction, and what its text has: the server is a standby now.
READ_ONLY: dict[object, str] = {"25006": ""}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# A savepoint is still there after any error.
ENDS_TRANSACTION: set[object] = set()

# in_failed_sql_transaction: an earlier statement of the transaction has failed.
FOLLOWING: set[object] = {"25P02"}

# lock_not_available, disk_full, out_of_memory: it may work later.
BUSY: set[object] = {"55P03", "53100", "53200"}

# The classes that errors should have, by the first two characters of the SQLSTATE.
MEANINGS: dict[object, type[DBAPIError]] = {
    "08": OperationalError,
    "22": DataError,
    "23": IntegrityError,
    "25006": OperationalError,
    "40": OperationalError,
    "53": OperationalError,
    "55": OperationalError,
    "57": OperationalError,
}

# Limits how long a statement waits for a lock, if nothing has limited it further, and
# how long one goes on for a process that was killed: from PostgreSQL 14 on, not on
# Windows.
LIMIT_WAITING = """
SELECT set_config(
    name, CASE name WHEN 'lock_timeout' THEN '{milliseconds}' ELSE '2s' END, false
) FROM pg_settings
WHERE name = 'lock_timeout' AND setting::int NOT BETWEEN 1 AND {milliseconds}
OR name = 'client_connection_check_interval' AND setting = '0' AND version() ~ 'linux'
"""

# SQLAlchemy's option sets the isolation level of a transaction.
ISOLATE = ""

# No statement is so long that the server ends the connection.
LONGEST_STATEMENT = ""
TOO_LONG: set[object] = set()

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT pid, usename, xact_start, query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND xact_start IS NOT NULL ORDER BY xact_start
"""

# A pattern of the statements that commit themselves: none does.
COMMITS = ""

# The database, if it cannot hold every text, with what it has instead.
NARROW = """
SELECT concat(current_database(), ' (', current_setting('server_encoding'), ')')
WHERE current_setting('server_encoding') <> 'UTF8'
"""
NARROW_MEANS = "This database cannot hold every text; create one WITH ENCODING 'UTF8'"

# Takes the lock of migrations if it is free; it ends with the transaction, as behind a
# pooler the session is not the application's.
MIGRATION_LOCK = "SELECT pg_try_advisory_xact_lock(7310274885)"

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}


def table_options(dialect: Any) -> dict[str, str]:
    """Return nothing, as no option of a table is about its texts."""
    return {}
