"""What the doctor asks a server; ``dialect.py`` here has what to ask it.

Tested in ``tests/ops/test_doctor_database.py``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy import text
from sqlalchemy import URL

from ...database.connections import MAX_IDLE_SECONDS
from . import dialect
from .reaching import reached

if TYPE_CHECKING:
    from .setup import Setup


def looking_engine(engine: Engine) -> Engine:
    """Return an engine that changes nothing."""
    return engine


def folders(_: URL) -> list[Path]:
    """Return nothing, as the files are those of the server."""
    return []


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
    greenlets = setup.connection and setup.server["worker_class"] == "gevent"
    if greenlets and setup.ask_worker(dialect.SLEEP)["blocks"]:
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
