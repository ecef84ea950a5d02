# /// template
# title: MySQL or MariaDB
# driver: pymysql
# port: 3306
# encoding: utf8mb4
# create: >-
#   mysql --host={host} --port={port} --user={username} --password
#   --execute="CREATE DATABASE `{database}` CHARACTER SET utf8mb4"
# images:
#   mysql: mysql:8.4
#   mariadb: mariadb:11.8
# sql:
#   database: SELECT DATABASE()
#   connection_id: SELECT CONNECTION_ID()
#   connection_ids: SELECT id FROM information_schema.processlist
#   kill: KILL {}
#   sleep: SELECT SLEEP(0.2)
#   change: SET time_zone = '+09:00'
# ///
"""What is particular to MySQL and MariaDB.

Tested in ``tests/database/test_connections.py``, ``test_transactions.py``,
``test_failures.py``, ``test_long_statements.py`` and ``test_table_locks.py``.
"""

from typing import Any

from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"mysql": "mysql", "mysql2": "mysql", "mariadb": "mariadb"}

# Whether a URL has to name a database.
NEEDS_DATABASE = True

# MariaDB's ER_CHECKREAD, ER_LOCK_DEADLOCK, and TiDB's 8002, 8022, 8028 and 9007: the
# transaction may be run again.
CONFLICTS: set[object] = {1020, 1213, 8002, 8022, 8028, 9007}

# CR_SERVER_GONE_ERROR, CR_SERVER_LOST, CR_SERVER_LOST_EXTENDED, MariaDB's
# ER_CONNECTION_KILLED and MySQL's ER_CLIENT_INTERACTION_TIMEOUT: the connection has
# ended. ER_UNKNOWN_COM_ERROR and ER_ERROR_DURING_COMMIT: a Galera node is without the
# others. ProxySQL's 9001, 9002 and 9004: it reaches no server.
LOST: set[object] = {2006, 2013, 2055, 1927, 4031, 1047, 1180, 9001, 9002, 9004}

# ER_OPTION_PREVENTS_STATEMENT, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION and
# ER_READ_ONLY_MODE, and what their texts have: the server is a replica now.
READ_ONLY: dict[object, str] = {1290: "read.only", 1792: "", 1836: ""}

# CR_COMMANDS_OUT_OF_SYNC: the connection has ended, but by the application's fault.
MISUSED: set[object] = {2014}

# After these, and ER_LOCK_TABLE_FULL, there is another transaction, which knows nothing
# of the first.
ENDS_TRANSACTION = CONFLICTS | {1206}

# No error is only because of an earlier one.
FOLLOWING: set[object] = set()

# ER_DISK_FULL, ER_OUT_OF_RESOURCES, ER_LOCK_WAIT_TIMEOUT and MySQL's ER_LOCK_NOWAIT: it
# may work later.
BUSY: set[object] = {1021, 1041, 1205, 3572}

# What drivers do not know or have as another class: duplicate keys, a column that is
# left out and has no default, and CHECK in MySQL and in MariaDB; ...
INTEGRITY = {1022, 1169, 1364, 1557, 1586, 1761, 1762, 1859, 3819, 4025}

# ... values that are cut off, wrong, out of range or divided by zero; ...
DATA = {1264, 1265, 1292, 1365, 1366, 1367, 1406, 1411, 1441, 1690, 3140}

# ... and statements that KILL QUERY, MariaDB's max_statement_time or MySQL's
# max_execution_time has ended.
ENDED: set[object] = {1317, 1969, 3024}

# The classes that errors should have, by their numbers.
MEANINGS: dict[object, type[DBAPIError]] = {
    **dict.fromkeys(INTEGRITY, IntegrityError),
    **dict.fromkeys(DATA, DataError),
    **dict.fromkeys(
        ENDED | CONFLICTS | LOST | READ_ONLY.keys() | BUSY, OperationalError
    ),
}

# Limits how long a statement waits for a lock on a row and on a table, if nothing has
# limited it further. MySQL refuses what LEAST returns, as its type is another (1232).
LIMIT_WAITING = """
SET innodb_lock_wait_timeout =
        CAST(LEAST(@@innodb_lock_wait_timeout, {seconds}) AS UNSIGNED),
    lock_wait_timeout = CAST(LEAST(@@lock_wait_timeout, {seconds}) AS UNSIGNED)
"""

# Sets the isolation level of the next transaction. SQLAlchemy's option would set that
# of the connection and then set it back, with two round trips each time.
ISOLATE = "SET TRANSACTION ISOLATION LEVEL {level}"

# Returns how many bytes a statement may have, and the errors of one that has more, as
# ER_NET_PACKET_TOO_LARGE.
LONGEST_STATEMENT = "SELECT @@max_allowed_packet"
TOO_LONG: set[object] = {1153}

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT trx_mysql_thread_id, user, trx_started, trx_query
FROM information_schema.innodb_trx
JOIN information_schema.processlist ON id = trx_mysql_thread_id
WHERE trx_mysql_thread_id <> CONNECTION_ID() ORDER BY trx_started
"""

# A pattern of the statements that commit themselves and those before them.
COMMITS = (
    r"\s*(?!(CREATE|DROP)\s+TEMPORARY\b)"
    r"(ALTER|ANALYZE|CREATE|DROP|GRANT|LOCK|OPTIMIZE|RENAME|REVOKE|TRUNCATE)\b"
)

# Tables that cannot hold every text, with what they have instead.
NARROW = """
SELECT CONCAT(table_name, ' (', table_collation, ')')
FROM information_schema.tables WHERE table_schema = DATABASE()
AND table_type = 'BASE TABLE' AND table_collation NOT LIKE 'utf8mb4%'
"""
NARROW_MEANS = (
    "These tables cannot hold every text"
    " (ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4)"
)

# Takes the lock of migrations if it is free. Locks are those of the server.
MIGRATION_LOCK = "SELECT GET_LOCK(CONCAT('migrations ', MD5(DATABASE())), 0)"

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}


def table_options(dialect: Any) -> dict[str, str]:
    """Return what tables are created with, as servers differ in their defaults."""
    # Each is compared by its characters, and does not ignore spaces at the end.
    binary = "utf8mb4_nopad_bin" if dialect.is_mariadb else "utf8mb4_0900_bin"
    return {"charset": "utf8mb4", "collate": binary}
