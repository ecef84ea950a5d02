# /// template
# dialects: [mysql]
# requirement: PyMySQL[rsa]>=1.2,<2
# module: pymysql
# ///
"""What is particular to PyMySQL, the driver.

Tested in ``tests/database/test_connections.py``.
"""

import inspect
import ssl
from typing import Any

import pymysql  # type: ignore[import-untyped]
from sqlalchemy import Engine
from sqlalchemy import event

from . import locks
from . import unread
from .sockets import is_readable

NAME = "pymysql"

CONNECT_ARGS: dict[str, Any] = {}

ENGINE_OPTIONS: dict[str, Any] = {}

# What the query of a URL may say.
PARAMETERS = """
    autocommit bind_address binary_prefix charset client_flag collation compress
    connect_timeout database db defer_connect host init_command local_infile
    max_allowed_packet named_pipe passwd password plugin port program_name
    read_default_file read_default_group read_timeout server_public_key sql_mode ssl
    ssl_ca ssl_capath ssl_cert ssl_check_hostname ssl_cipher ssl_disabled ssl_key
    ssl_key_password ssl_verify_cert ssl_verify_identity unix_socket use_unicode user
    write_timeout
"""

# The first names the authority, or else those that the system trusts.
FILES = ("ssl_ca", "ssl_cert", "ssl_key")
SYSTEM = ssl.get_default_verify_paths().cafile or "that of an authority"

# How well a connection is protected, as the driver is told.
TLS: dict[str, dict[str, str]] = {
    "disable": {"ssl_disabled": "true"},
    "allow": {},
    "prefer": {},
    # Any of these parameters makes it encrypt, and an authority makes it verify.
    "require": {"ssl_check_hostname": "false"},
    "verify-ca": {"ssl_ca": SYSTEM, "ssl_check_hostname": "false"},
    "verify-full": {"ssl_ca": SYSTEM, "ssl_check_hostname": "true"},
}


def protect(engine: Engine) -> None:
    """Let threads and unread rows take turns with a connection."""
    unread.protect(engine, forget_rows)
    locks.protect(engine)
    event.listen(engine, "do_connect", encode_password)


def encode_password(_: object, __: object, ___: object, given: dict[str, Any]) -> None:
    """Encode a password as other clients do; the driver refuses what Latin-1 lacks."""
    if isinstance(given.get("password"), str):
        given["password"] = given["password"].encode()


def forget_rows(cursor: Any) -> None:
    """Keep a cursor from reading once its connection is closed."""
    cursor._result.unbuffered_active = False


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    # It has no public name for its socket.
    return not connection.open or is_readable(connection._sock)


def fileno(connection: Any) -> int:
    """Return the file descriptor of a connection's socket, or -1."""
    return int(connection._sock.fileno()) if connection.open else -1


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
    """Tell whether the driver knows a parameter that is newer than this module."""
    return name in inspect.signature(pymysql.connect).parameters
