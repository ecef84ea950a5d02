# /// template
# dialects: [mysql]
# requirement: mysql-connector-python>=9.3,<27
# module: mysql.connector
# blocking: use 'pymysql', or add 'use_pure=true' to the query
# instead: pymysql
# unblocked_by: use_pure
# ///
"""What is particular to MySQL Connector/Python, the driver.

Tested in ``tests/database/test_connections.py``.
"""

import ssl
from typing import Any

from mysql.connector.constants import DEFAULT_CONFIGURATION
from mysql.connector.errors import OperationalError
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.dialects.mysql.mysqlconnector import MySQLDialect_mysqlconnector

from . import locks

NAME = "mysqlconnector"

CONNECT_ARGS: dict[str, Any] = {}

# It does not show its socket, so the server is asked.
ENGINE_OPTIONS: dict[str, Any] = {"pool_pre_ping": True}

# The client's error CR_SERVER_LOST_EXTENDED.
SERVER_LOST = 2055

# The client's error CR_SSL_CONNECTION_ERROR.
SSL_CONNECTION_ERROR = 2026

# What the query of a URL may say; "ssl_mode" is for protect().
PARAMETERS = """
    allow_local_infile allow_local_infile_in_path auth_plugin autocommit buffered
    charset client_flag client_flags collation compress conn_attrs connect_timeout
    connection_timeout consume_results converter_class converter_str_fallback database
    db dns_srv dsn force_ipv6 get_warnings host init_command kerberos_auth_mode
    krb_service_principal oci_config_file oci_config_profile openid_token_file
    option_files option_groups passwd password password1 password2 password3 plugin
    pool_name pool_reset_session pool_size port raise_on_warnings raw
    read_default_file read_timeout
    sql_mode ssl_ca ssl_cert ssl_cipher ssl_disabled ssl_key ssl_mode ssl_verify_cert
    ssl_verify_identity time_zone tls_ciphersuites tls_versions unix_socket use_pure
    use_unicode user username webauthn_callback write_timeout
"""

# The first names the authority, or else those that the system trusts.
FILES = ("ssl_ca", "ssl_cert", "ssl_key")
SYSTEM = ssl.get_default_verify_paths().cafile or "that of an authority"

# How well a connection is protected, as the driver is told.
TLS: dict[str, dict[str, str]] = {
    "disable": {"ssl_disabled": "true"},
    "allow": {},
    "prefer": {},
    "require": {"ssl_mode": "REQUIRED"},
    "verify-ca": {"ssl_ca": SYSTEM, "ssl_verify_cert": "true"},
    "verify-full": {
        "ssl_ca": SYSTEM,
        "ssl_verify_cert": "true",
        "ssl_verify_identity": "true",
    },
}


def protect(engine: Engine) -> None:
    """Let threads take turns with a connection, which they must not share."""
    # A cursor asks the server as it is made, and looks for results as it is closed.
    locks.protect(engine, ["cursor", "handle_unread_result"])
    if "ssl_mode" in engine.url.query:
        event.listen(engine, "connect", refuse_unencrypted)


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    return False  # The pool has asked the server.


def fileno(connection: Any) -> int:
    """Return -1, as the driver does not show the socket of a connection."""
    return -1


def error_code(error: Any) -> object:
    """Return the number of an error, if it has one."""
    # This error has none.
    if "Connection not available" in str(error):
        return SERVER_LOST

    return getattr(error, "errno", None)


def autocommit(connection: Any) -> object:
    """Return nothing, as the driver would have to ask the server."""
    return None


def has_failed(connection: Any) -> bool:
    """Return no, as the server refuses a commit that would lose something."""
    return False


def takes(name: str) -> bool:
    """Tell whether the driver knows a parameter that is newer than this module."""
    return name in DEFAULT_CONFIGURATION


def refuse_unencrypted(connection: Any, _: Any) -> None:
    """Do what the driver cannot be told to."""
    if not connection.is_secure:
        raise OperationalError("the server does not encrypt", SSL_CONNECTION_ERROR)


# Engines that others make of such a URL need it, too.
@event.listens_for(MySQLDialect_mysqlconnector, "do_connect")
def leave_out(_dialect: Any, _record: Any, _args: Any, given: dict[str, Any]) -> None:
    given.pop("ssl_mode", None)
