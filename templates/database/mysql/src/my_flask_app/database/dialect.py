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
#   change: SET @probe = 1
# ///
"""What is particular to MySQL and MariaDB.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"mysql": "mysql", "mariadb": "mariadb"}

# MariaDB's ER_CHECKREAD, and ER_LOCK_DEADLOCK: the transaction may be run again.
CONFLICTS: set[object] = {1020, 1213}

# CR_SERVER_GONE_ERROR, CR_SERVER_LOST and CR_SERVER_LOST_EXTENDED: the connection has
# ended.
LOST: set[object] = {2006, 2013, 2055}

# CR_COMMANDS_OUT_OF_SYNC: the connection has ended, but by the application's fault.
MISUSED: set[object] = {2014}

# After these, and ER_LOCK_TABLE_FULL, there is another transaction, which knows nothing
# of the first.
ENDS_TRANSACTION = CONFLICTS | {1206}

# ER_DISK_FULL, ER_OUT_OF_RESOURCES, ER_LOCK_WAIT_TIMEOUT and MySQL's ER_LOCK_NOWAIT: it
# may work later.
BUSY: set[object] = {1021, 1041, 1205, 3572}

# Limits how long a statement waits for a lock, if nothing has limited it further.
LIMIT_WAITING = """
SET innodb_lock_wait_timeout = LEAST(@@innodb_lock_wait_timeout, {seconds}),
    lock_wait_timeout = LEAST(@@lock_wait_timeout, {seconds})
"""

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT trx_mysql_thread_id, user, trx_started, trx_query
FROM information_schema.innodb_trx
JOIN information_schema.processlist ON id = trx_mysql_thread_id
WHERE trx_mysql_thread_id <> CONNECTION_ID() ORDER BY trx_started
"""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}
