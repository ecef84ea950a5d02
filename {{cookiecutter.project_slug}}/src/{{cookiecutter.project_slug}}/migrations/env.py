"""How Alembic reaches the database: over the engine of the current application."""

import logging

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from {{ cookiecutter.project_slug }}.database import Base
from {{ cookiecutter.project_slug }}.database import db

logging.basicConfig(format="%(message)s")
logger = logging.getLogger("alembic.runtime.migration")
logger.setLevel(logging.INFO)


def print_sql() -> None:
    context.configure(
        dialect_name=db.engine.dialect.name,
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def connect() -> Connection:
    try:
        return db.engine.connect()
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


def migrate() -> None:
    with connect() as connection:
{%- if cookiecutter.__kind == "sqlite" %}
        # SQLite alters a table by putting a new one in its place. If foreign keys
        # were on, dropping the old one would delete the rows that refer to it.
        connection.detach()
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
{%- endif %}
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            process_revision_directives=write_no_empty_migration,
            {%- if cookiecutter.__kind == "sqlite" %}
            render_as_batch=True,
            transactional_ddl=True,
            {%- endif %}
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    print_sql()
else:
    migrate()
