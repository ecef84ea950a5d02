"""What the doctor asks a server; ``dialect.py`` here has what to ask it.

Tested in ``tests/ops/test_doctor.py``.
"""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy import text
from sqlalchemy import URL

from ...database.connections import MAX_IDLE_SECONDS
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


def looking_engine(engine: Engine) -> Engine:
    """Return an engine that changes nothing."""
    return engine


def folders(_: URL) -> list[Path]:
    """Return nothing, as the files are those of the server."""
    return []


def reached(setup: "Setup") -> Iterator[str]:
    """The database can be reached."""
    url, error = setup.engine.url, setup.reached
    if "@" in (url.host or ""):
        yield "The password in DATABASE_URL has an @. Write it as %40."
    elif isinstance(error, Exception):
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

    encrypted = re.search(r"\b(ssl|tls)\b|certificate|no encryption", line, re.I)
    return wrong_part(line) or ("TLS" if encrypted else "")


def accepted(setup: "Setup") -> Iterator[str]:
    """The server accepts the connections of all workers."""
    statement = dialect.CONNECTIONS
    if not statement or (most := setup.connection.scalar(text(statement))) is None:
        return

    size, workers = setup.server["pool_size"], setup.server["workers"]
    if (needed := setup.instances * workers * size) > most:
        yield (
            f"{setup.instances} instances * {workers} workers * {size} connections are"
            f" {needed}, but the server accepts {most}. Set DATABASE_POOL_SIZE or"
            " WEB_CONCURRENCY to less, or let the server accept more."
        )


def yields(setup: "Setup") -> Iterator[str]:
    """The driver lets other greenlets run while it waits."""
    if setup.server["worker_class"] != "gevent" or not setup.connection:
        return

    answer = setup.ask_worker(dialect.SLEEP)
    if isinstance(answer, Exception):
        raise answer
    if answer["blocks"]:
        yield (
            "Gunicorn serves with greenlets, and the driver stops all of them while it"
            " waits. Serve with threads, or use another driver."
        )


def patient(setup: "Setup") -> Iterator[str]:
    """The server does not end idle connections before the pool does."""
    ends = dialect.IDLE and setup.connection.scalar(text(dialect.IDLE))
    if ends and 0 < float(ends) <= MAX_IDLE_SECONDS:
        yield (
            f"The server ends connections that are idle for {float(ends):g} seconds,"
            f" and the pool keeps them for {MAX_IDLE_SECONDS}. {dialect.WAIT}"
        )


def isolated(setup: "Setup") -> Iterator[str]:
    """Transactions have an isolation level that the application knows."""
    level = setup.connection.get_isolation_level()
    if level not in dialect.LEVELS:
        yield f"Transactions begin with {level}. {dialect.ISOLATE}"


CHECKS = (reached, accepted, yields, patient, isolated, *dialect.CHECKS)
