"""Which part of a URL keeps a server from being reached, and what to do about it.

Tested in ``tests/ops/test_doctor_database.py``.
"""

import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import URL

from ...database.mistakes import wrong_part
from . import dialect

if TYPE_CHECKING:
    from .setup import Setup

REMEDIES = {
    "host": "No server has the name {host}. Correct it in DATABASE_URL.",
    "user or password": "{user} or the password is wrong. Correct DATABASE_URL.",
    "database": "There is no database {database} for {user}. Create it, or correct"
    " DATABASE_URL.",
    "TLS": "The connection cannot be encrypted so. Correct what begins with ssl in"
    " DATABASE_URL, or the certificates.",
    "port": "Nothing listens at {host}, port {port}. Start the server, or correct"
    " DATABASE_URL.",
    "network": "{host}, port {port} does not answer. Open the firewalls for it, or"
    " correct DATABASE_URL.",
    "": "The server accepts no connection.",
}


def reached(setup: "Setup") -> Iterator[str]:
    """The database can be reached."""
    url, error = setup.engine.url, setup.reached
    if isinstance(error, Exception):
        line = " ".join(str(getattr(error, "orig", error)).split())
        values = {"host": url.host, "port": url.port or dialect.PORT}
        values |= {"user": url.username, "database": url.database}
        yield f"{REMEDIES[part(url, line)].format(**values)} It says: {line}"


def part(url: URL, line: str) -> str:
    """Return which part of a URL keeps the server from being reached."""
    try:
        if url.host:
            address = url.host, url.port or dialect.PORT
            socket.create_connection(address, timeout=5).close()
    except socket.gaierror:
        return "host"
    except ConnectionRefusedError:
        return "port"
    except OSError:
        return "network"

    encrypted = re.search(r"\b(ssl|tls)\b|certificate|encrypt", line, re.I)
    return wrong_part(line) or ("TLS" if encrypted else "")
