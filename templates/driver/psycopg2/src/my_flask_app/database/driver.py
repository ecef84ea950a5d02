# /// template
# dialects: [postgresql]
# requirement: psycopg2-binary>=2.9.10,<3
# greenlet_requirement: psycogreen>=1.0.2,<2
# greenlet_untyped: psycogreen.*
# ///
"""What is particular to psycopg2, the driver.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from psycopg2 import ProgrammingError  # type: ignore[import-untyped]
from psycopg2.extensions import make_dsn  # type: ignore[import-untyped]
from psycopg2.extensions import TRANSACTION_STATUS_INERROR
from sqlalchemy import Engine

from . import locks
from .sockets import is_readable

NAME = "psycopg2"

# By default it waits for minutes for a server that does not answer, and encodes texts
# as the database does.
CONNECT_ARGS: dict[str, Any] = {"connect_timeout": 10, "client_encoding": "utf8"}

ENGINE_OPTIONS: dict[str, Any] = {}

# What the query of a URL may say.
PARAMETERS = """
    async async_ database dsn plugin
    application_name channel_binding client_encoding connect_timeout dbname
    fallback_application_name gssdelegation gssencmode gsslib host hostaddr keepalives
    keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts
    max_protocol_version min_protocol_version oauth_client_id oauth_client_secret
    oauth_issuer oauth_scope options passfile password port replication require_auth
    requirepeer scram_client_key scram_server_key service servicefile sslcert
    sslcertmode sslcompression sslcrl sslcrldir sslkey sslkeylogfile sslmode
    sslnegotiation sslpassword sslrootcert sslsni ssl_max_protocol_version
    ssl_min_protocol_version target_session_attrs tcp_user_timeout user
"""

# The first names the authority, or else that of the system.
FILES = ("sslrootcert",)
SYSTEM = "system"

# How well a connection is protected, as the driver is told.
MODES = "disable allow prefer require verify-ca verify-full".split()
TLS = {mode: {"sslmode": mode} for mode in MODES}


def protect(engine: Engine) -> None:
    """Let greenlets take turns with a connection; threads could do without."""
    locks.protect(engine)


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    return bool(connection.closed) or is_readable(connection)


def fileno(connection: Any) -> int:
    """Return the file descriptor of a connection's socket, or -1."""
    return -1 if connection.closed else int(connection.fileno())


def error_code(error: Any) -> object:
    """Return the SQLSTATE of an error, if it has one."""
    return getattr(error, "pgcode", None)


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.autocommit


def has_failed(connection: Any) -> bool:
    """Tell whether a transaction can only be rolled back."""
    return bool(connection.info.transaction_status == TRANSACTION_STATUS_INERROR)


def takes(name: str) -> bool:
    """Tell whether the driver knows a parameter that is newer than this module."""
    try:
        make_dsn(**{name: ""})
    except ProgrammingError:
        return False

    return True
