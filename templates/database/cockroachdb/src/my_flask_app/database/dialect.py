# /// template
# title: CockroachDB
# driver: psycopg
# port: 26257
# requirement: sqlalchemy-cockroachdb>=2.0.4,<3
# sql:
#   database: SELECT current_database()
#   connection_id: SHOW session_id
#   connection_ids: SELECT session_id FROM [SHOW SESSIONS]
#   kill: CANCEL SESSION '{}'
#   sleep: SELECT pg_sleep(0.2)
#   change: SET application_name = 'probe'
# ///
"""What is particular to CockroachDB.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"cockroachdb": "cockroachdb"}

# serialization_failure: the transaction may be run again.
CONFLICTS: set[object] = {"40001"}

# admin_shutdown: the connection has ended.
LOST: set[object] = {"57P01"}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# A savepoint is still there after any error.
ENDS_TRANSACTION: set[object] = set()

# lock_not_available, disk_full, out_of_memory: it may work later.
BUSY: set[object] = {"55P03", "53100", "53200"}

# Limits how long a statement waits for a lock.
LIMIT_WAITING = "SET lock_timeout = {milliseconds}"

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT session_id, user_name, session_start, last_active_query
FROM [SHOW SESSIONS] WHERE kv_txn IS NOT NULL
"""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}
