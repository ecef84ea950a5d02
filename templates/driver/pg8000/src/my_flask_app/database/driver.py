# /// template
# dialects: [postgresql]
# requirement: pg8000>=1.31.5,<2
# module: pg8000
# ///
"""What is particular to pg8000, the driver.

Tested in ``tests/database/test_connections.py``.
"""

import inspect
import ssl
from typing import Any

import pg8000  # type: ignore[import-untyped]
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

from . import locks
from .sockets import is_readable

NAME = "pg8000"

CONNECT_ARGS: dict[str, Any] = {}

ENGINE_OPTIONS: dict[str, Any] = {}

# What the query of a URL may say; what begins with "ssl" is for encrypt().
PARAMETERS = """
    application_name database host password plugin port replication source_address
    sslcert sslkey sslmode sslrootcert tcp_keepalive timeout unix_sock user
"""

# The first names the authority, or else that of the system.
FILES = ("sslrootcert", "sslcert", "sslkey")
SYSTEM = "system"

# How well a connection is protected, as the driver is told.
MODES = "disable allow prefer require verify-ca verify-full".split()
TLS = {mode: {"sslmode": mode} for mode in MODES}


def protect(engine: Engine) -> None:
    """Let threads take turns with a connection, which they must not share."""
    locks.protect(engine)


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    # It has no public name for its socket.
    return connection._usock is None or is_readable(connection._usock)


def fileno(connection: Any) -> int:
    """Return the file descriptor of a connection's socket, or -1."""
    return int(connection._usock.fileno()) if connection._usock else -1


def error_code(error: Any) -> object:
    """Return the SQLSTATE of an error, if it has one."""
    fields = error.args[0] if error.args else None
    return fields.get("C") if isinstance(fields, dict) else None


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.autocommit


def has_failed(connection: Any) -> bool:
    """Tell whether a transaction can only be rolled back."""
    return bool(connection._transaction_status == b"E")


def takes(name: str) -> bool:
    """Tell whether the driver knows a parameter that is newer than this module."""
    return name in inspect.signature(pg8000.connect).parameters


class Context(ssl.SSLContext):
    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        try:
            return super().wrap_socket(*args, **options)
        except ssl.SSLError as error:
            raise pg8000.InterfaceError(str(error)) from error


def context(
    mode: str, authority: str | None, certificate: str | None, key: str | None
) -> Context | bool | None:
    if mode in ("disable", "allow", "prefer"):
        return False if mode == "disable" else None

    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = mode == "verify-full"
    if mode == "require":
        made.verify_mode = ssl.CERT_NONE
    elif authority in (None, SYSTEM):
        made.load_default_certs()
    else:
        made.load_verify_locations(authority)
    if certificate:
        made.load_cert_chain(certificate, key)

    return made


# Engines that others make of such a URL need it, too.
@event.listens_for(PGDialect_pg8000, "do_connect")
def encrypt(_dialect: Any, _record: Any, _args: Any, given: dict[str, Any]) -> None:
    """Give the driver a context, as it does not take words."""
    mode = given.pop("sslmode", "")
    files = [given.pop(name, None) for name in FILES]
    implied = "verify-full" if files[0] else "require"
    if mode or any(files):
        given["ssl_context"] = context(mode or implied, *files)
