"""How Alembic reaches the database: over the engine of the current application."""

import logging

from alembic import context

from {{ cookiecutter.project_slug }}.database import Base
from {{ cookiecutter.project_slug }}.database import db

logging.basicConfig(format="%(message)s")
logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)


def print_sql() -> None:
    context.configure(
        dialect_name=db.engine.dialect.name,
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    with db.engine.connect() as connection:
{%- if cookiecutter.__kind == "sqlite" %}
        # SQLite alters a table by putting a new one in its place. If foreign keys
        # were on, dropping the old one would delete the rows that refer to it.
        connection.detach()
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
{%- endif %}
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
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
