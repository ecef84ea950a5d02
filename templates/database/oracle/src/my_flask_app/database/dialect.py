# /// template
# title: Oracle
# driver: oracledb
# port: 1521
# sql:
#   database: SELECT sys_context('userenv', 'service_name') FROM dual
#   connection_id: SELECT sys_context('userenv', 'sid') FROM dual
#   connection_ids: SELECT sid FROM v$session
#   kill: ALTER SYSTEM KILL SESSION '{}'
#   sleep: BEGIN DBMS_SESSION.SLEEP(0.2); END;
#   change: ALTER SESSION SET nls_territory = 'AMERICA'
# ///
"""What is particular to Oracle.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"oracle": "oracle"}

# ORA-00060, a deadlock, and ORA-08177, a serialization failure: the transaction may be
# run again.
CONFLICTS: set[object] = {60, 8177}

# ORA-03113 and ORA-03114: the connection has ended.
LOST: set[object] = {3113, 3114}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# A savepoint is still there after any error.
ENDS_TRANSACTION: set[object] = set()

# A lock that was not got in time: it may work later.
BUSY: set[object] = {54, 30006}

# Nothing limits how long a statement waits for a lock.
LIMIT_WAITING = ""

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT s.sid, s.username, t.start_time, s.sql_id FROM v$transaction t
JOIN v$session s ON s.taddr = t.addr ORDER BY t.start_time
"""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}
