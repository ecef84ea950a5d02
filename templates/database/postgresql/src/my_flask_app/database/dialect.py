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
#   change: SET application_name = 'probe'
# ///
"""What is particular to PostgreSQL.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"postgresql": "postgresql", "postgres": "postgresql"}

# serialization_failure and deadlock_detected: the transaction may be run again.
CONFLICTS: set[object] = {"40001", "40P01"}

# admin_shutdown and crash_shutdown: the connection has ended.
LOST: set[object] = {"57P01", "57P02"}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# A savepoint is still there after any error.
ENDS_TRANSACTION: set[object] = set()

# lock_not_available, disk_full, out_of_memory: it may work later.
BUSY: set[object] = {"55P03", "53100", "53200"}

# Limits how long a statement waits for a lock, if nothing has limited it further.
LIMIT_WAITING = """
SELECT set_config('lock_timeout', '{milliseconds}', false) FROM pg_settings
WHERE name = 'lock_timeout' AND setting::int NOT BETWEEN 1 AND {milliseconds}
"""

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT pid, usename, xact_start, query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND xact_start IS NOT NULL ORDER BY xact_start
"""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}
