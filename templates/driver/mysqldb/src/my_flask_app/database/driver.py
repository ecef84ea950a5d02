# /// template
# dialects: [mysql]
# requirement: mysqlclient>=2.2.5,<3
# packages: libmariadb3
# build_packages: gcc libmariadb-dev pkg-config
# module: MySQLdb
# blocking: use 'pymysql'
# instead: pymysql
# ///
"""What is particular to mysqlclient, the driver that SQLAlchemy calls mysqldb.

Tested in ``tests/database/test_connections.py``.
"""

import ssl
from contextlib import closing
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event

from . import locks
from . import unread

NAME = "mysqldb"

# By default it waits for minutes for a server that does not answer.
CONNECT_ARGS: dict[str, Any] = {"connect_timeout": 10}

# It does not show its socket, so the server is asked.
ENGINE_OPTIONS: dict[str, Any] = {"pool_pre_ping": True}

# The client's error CR_SSL_CONNECTION_ERROR.
SSL_CONNECTION_ERROR = 2026

# What the query of a URL may say.
PARAMETERS = """
    auth_plugin autocommit binary_prefix charset client_flag collation compress
    connect_timeout database db executemany_fallback host init_command local_infile
    local_infile_dir multi_statements named_pipe passwd password plugin port
    read_default_file read_default_group read_timeout server_public_key_path sql_mode
    ssl ssl_ca ssl_capath ssl_cert ssl_check_hostname ssl_cipher ssl_key ssl_mode
    unix_socket use_unicode user write_timeout
"""

# The first names the authority, or else those that the system trusts.
FILES = ("ssl_ca", "ssl_cert", "ssl_key")
SYSTEM = ssl.get_default_verify_paths().cafile or "that of an authority"

# How well a connection is protected, as the driver is told.
TLS: dict[str, dict[str, str]] = {
    "disable": {"ssl_mode": "DISABLED"},
    "allow": {"ssl_mode": "PREFERRED"},
    "prefer": {"ssl_mode": "PREFERRED"},
    "require": {"ssl_mode": "REQUIRED"},
    "verify-ca": {"ssl_mode": "VERIFY_CA", "ssl_ca": SYSTEM},
    "verify-full": {"ssl_mode": "VERIFY_IDENTITY", "ssl_ca": SYSTEM},
}


def protect(engine: Engine) -> None:
    """Let threads and unread rows take turns with a connection."""
    unread.protect(engine, forget_rows)
    # A cursor looks for further results as it is closed.
    locks.protect(engine, ["next_result"])
    if engine.url.query.get("ssl_mode") == "REQUIRED":
        event.listen(engine, "connect", refuse_unencrypted)


def forget_rows(cursor: Any) -> None:
    """Do nothing, as a cursor does not read once its connection is closed."""


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    return False  # The pool has asked the server.


def fileno(connection: Any) -> int:
    """Return -1, as the driver does not show the socket of a connection."""
    return -1


def error_code(error: Any) -> object:
    """Return the number of an error, if it has one."""
    return error.args[0] if error.args else None


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.get_autocommit()


def has_failed(connection: Any) -> bool:
    """Return no, as the server refuses a commit that would lose something."""
    return False


def takes(name: str) -> bool:
    """Return no, as the driver does not tell what it knows."""
    return False


def refuse_unencrypted(connection: Any, _: Any) -> None:
    """Do what MariaDB's client does not, with which REQUIRED has no effect."""
    if not is_encrypted(connection):
        raise connection.OperationalError(
            SSL_CONNECTION_ERROR, "the server does not encrypt"
        )


def is_encrypted(connection: Any) -> bool:
    with closing(connection.cursor()) as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        return bool(cursor.fetchone()[1])
