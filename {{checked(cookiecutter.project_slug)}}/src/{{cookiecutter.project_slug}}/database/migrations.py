"""How Alembic reaches the database: over the engine of the current application.

Run by ``migrations/env.py``, and tested in ``tests/database/test_migrations.py``.
"""

import logging

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from . import Base
from . import db
from .connections import connect_to_migrate
from .dialect import MIGRATION_OPTIONS

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
    with connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            process_revision_directives=write_no_empty_migration,
            **MIGRATION_OPTIONS,
        )
        with context.begin_transaction():
            context.run_migrations()


def connect() -> Connection:
    try:
        return connect_to_migrate(db.engine)
    except OperationalError as error:
        raise CommandError(f"no connection to the database: {error.orig}") from error


def write_no_empty_migration(
    _: object, __: object, directives: list[MigrationScript]
) -> None:
    operations = directives[0].upgrade_ops
    generated = getattr(context.config.cmd_opts, "autogenerate", False)
    if generated and operations is not None and operations.is_empty():
        directives.clear()
        logger.info("Nothing has changed.")
