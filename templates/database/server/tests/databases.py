"""The database that the tests use, and that they empty no other."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy import inspect
from sqlalchemy import MetaData
from sqlalchemy import text
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy_utils import create_database

from my_flask_app.config import database_url
from my_flask_app.database.connections import create_engine
from my_flask_app.environment import ConfigError
from my_flask_app.environment import load_env

DATABASE = text("{{ database().dialect.sql.database }}")

ENCODING = "{{ database().dialect.encoding }}"

# A view with this name is in every database that the tests have made. Migrations do
# not look for views.
MARK = "made_by_tests"


def make_empty_database(_: Path) -> str:
    """Return the URL of a database for tests, after dropping every table in it.

    That is ``TEST_DATABASE_URL``, or else the database of ``DATABASE_URL`` with
    ``_test`` after its name, which is created where it is missing. The tests end here
    if that leads to a database which is not theirs.
    """
    try:
        load_env()
        url = database_url("DATABASE_URL")
        named = "TEST_DATABASE_URL" in os.environ
        test_url = database_url("TEST_DATABASE_URL") if named else url_beside(url)
        is_new = name_of(test_url) is None
        if is_new:
            create_database(test_url, ENCODING)

        refuse_others(test_url, url if named else None)
        engine = create_engine(test_url, poolclass=NullPool)
        if is_new:
            mark(engine)
        elif not named:
            refuse_unmarked(engine)

        drop_tables(engine)
    except (ConfigError, DBAPIError) as error:
        pytest.exit(f"no database for the tests: {error}", 1)

    return test_url.render_as_string(hide_password=False)


def url_beside(url: URL) -> URL:
    if not url.database:
        raise ConfigError("DATABASE_URL names none, so TEST_DATABASE_URL has to")

    return url.set(database=f"{url.database}_test")


def name_of(url: URL) -> str | None:
    """Return what the server calls the database, or None if it cannot be reached."""
    try:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            return str(connection.scalar(DATABASE)).casefold()
    except DBAPIError:
        return None


def refuse_others(test_url: URL, url: URL | None) -> None:
    """Refuse a database with another name than in its URL, or that of ``url``."""
    named, found = str(test_url.database), name_of(test_url)
    if found != named.casefold():
        raise ConfigError(f"the URL names {named!r}, but leads to {found!r}")
    if url and found in (str(url.database).casefold(), name_of(url)):
        raise ConfigError("TEST_DATABASE_URL names the database of DATABASE_URL")


def mark(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"CREATE VIEW {MARK} AS SELECT 1 AS made"))


def refuse_unmarked(engine: Engine) -> None:
    if MARK not in inspect(engine).get_view_names():
        raise ConfigError(
            f"the tests did not create {engine.url.database!r}, and would drop all its"
            " tables; to allow that, set TEST_DATABASE_URL to it"
        )


def drop_tables(engine: Engine) -> None:
    metadata = MetaData()
    metadata.reflect(engine)
    # Foreign keys lead to the tables of other databases, too.
    own = [table for table in metadata.tables.values() if table.schema is None]
    metadata.drop_all(engine, own)
