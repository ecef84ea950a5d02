# /// template
# title: Microsoft SQL Server
# driver: pyodbc
# port: 1433
# sql:
#   database: SELECT DB_NAME()
#   connection_id: SELECT @@SPID
#   connection_ids: SELECT session_id FROM sys.dm_exec_sessions
#   kill: KILL {}
#   sleep: WAITFOR DELAY '00:00:00.200'
#   change: SET LANGUAGE English
# ///
"""What is particular to Microsoft SQL Server.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

from sqlalchemy.exc import DBAPIError

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"mssql": "mssql"}

# A data source may name the database, or the server has one for the user.
NEEDS_DATABASE = False

# ODBC's serialization failure, and the server's error for a deadlock: the transaction
# may be run again.
CONFLICTS: set[object] = {"40001", 1205}

# ODBC's communication link failure: the connection has ended.
LOST: set[object] = {"08S01"}

# The server's error for a database that is read-only, as a replica's is after a
# failover, and what its text has.
READ_ONLY: dict[object, str] = {3906: ""}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# After this there is no transaction any more.
ENDS_TRANSACTION = CONFLICTS

# No error is only because of an earlier one.
FOLLOWING: set[object] = set()

# The server's error for a lock that was not got in time: it may work later.
BUSY: set[object] = {1222}

# The classes that errors should have, where drivers have others.
MEANINGS: dict[object, type[DBAPIError]] = {}

# Limits how long a statement waits for a lock.
LIMIT_WAITING = "SET LOCK_TIMEOUT {milliseconds}"

# SQLAlchemy's option sets the isolation level of a transaction.
ISOLATE = ""

# No statement is so long that the server ends the connection.
LONGEST_STATEMENT = ""
TOO_LONG: set[object] = set()

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT s.session_id, s.login_name, s.last_request_start_time, s.status
FROM sys.dm_exec_sessions AS s WHERE s.open_transaction_count > 0
AND s.session_id <> @@SPID ORDER BY s.last_request_start_time
"""

# A pattern of the statements that commit themselves: none does.
COMMITS = ""

# Nothing is known that cannot hold every text.
NARROW = ""
NARROW_MEANS = ""

# Takes the lock of migrations if it is free.
MIGRATION_LOCK = """
SET NOCOUNT ON; DECLARE @result int;
EXEC @result = sp_getapplock @Resource = 'migrations', @LockMode = 'Exclusive',
    @LockOwner = 'Session', @LockTimeout = 0;
SELECT CASE WHEN @result >= 0 THEN 1 ELSE 0 END
"""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}


def table_options(dialect: Any) -> dict[str, str]:
    """Return nothing, as no option of a table is about its texts."""
    return {}
