"""How Alembic reaches the database: over the engine of the current application.

Run by ``migrations/env.py``, and tested in ``tests/database/test_migrations.py``.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from . import autogenerate
from . import Base
from . import db
from . import dialect
from .connections import broken_references
from .connections import connect_to_migrate
from .failures import is_temporary
from .migration_files import pending_risks
from .migration_lock import alone
from .unfinished import failure_of
from .unfinished import Progress
from .unfinished import state_after

# Commands that change nothing in the database.
READING = {"check", "current", "revision"}

RISKS = "A version that still runs cannot live with what is pending:"

logger = logging.getLogger("alembic.runtime.migration")


def run() -> None:
    """Run migrations, or print their SQL, as the command ``flask db`` was told."""
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)
    if context.is_offline_mode():
        print_sql()
    else:
        migrate()


def print_sql() -> None:
    context.configure(
        dialect_name=db.engine.dialect.name,
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    command = autogenerate.command()
    reads = command in READING
    with nullcontext() if reads else alone(connect), connect() as connection:
        progress = Progress(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            on_version_apply=progress.forget,
            **autogenerate.OPTIONS,
            **dialect.MIGRATION_OPTIONS,
        )
        if command == "check":
            name_risks()
        try:
            references = nullcontext() if reads else kept_references(connection)
            with context.begin_transaction(), references:
                context.run_migrations()
            name_narrow(connection)
        except DBAPIError as error:
            raise CommandError(explain(error, connection, progress)) from error
        except BaseException as error:
            if progress.stay:
                logger.error("\n".join(state_after(error, progress)))
            raise


def name_risks() -> None:
    """Log what a version of the application that still runs cannot live with."""
    heads = context.get_context().get_current_heads()
    if risks := pending_risks(context.script, heads):
        logger.warning("\n".join([RISKS, *risks]))


def name_narrow(connection: Connection) -> None:
    """Log what holds text, but not every text."""
    if dialect.NARROW and (names := connection.scalars(text(dialect.NARROW)).all()):
        logger.warning("%s: %s", dialect.NARROW_MEANS, ", ".join(names))


@contextmanager
def kept_references(connection: Connection) -> Iterator[None]:
    """Keep migrations from being committed if they break foreign keys."""
    before = broken_references(connection)
    yield
    if broken := sorted(broken_references(connection) - before):
        lines = ["the migration would leave rows that refer to none:", *broken[:5]]
        raise CommandError("\n".join(lines))


def explain(error: DBAPIError, connection: Connection, progress: Progress) -> str:
    """Return what has kept a migration from running, and how to go on.

    If it has waited for a lock, one of the transactions that are open may hold it.
    """
    lines = [*failure_of(error), *state_after(error, progress)]
    if is_temporary(error):
        lines = [f"the database cannot do it now: {error.orig}", *lines]
        if dialect.OPEN_TRANSACTIONS:
            lines += ["These transactions are open:", *open_transactions(connection)]

    return "\n".join(lines)


def open_transactions(connection: Connection) -> list[str]:
    try:
        connection.rollback()
        rows = connection.execute(text(dialect.OPEN_TRANSACTIONS)).all()
    except DBAPIError as error:
        return [f"unknown: {error.orig}"]

    return ["connection {}, {}, since {}: {}".format(*row) for row in rows]


def connect() -> Connection:
    try:
        return connect_to_migrate(db.engine)
    except DBAPIError as error:
        raise CommandError(f"no connection to the database: {error.orig}") from error
