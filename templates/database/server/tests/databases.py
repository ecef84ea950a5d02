"""The database that the tests use, and that they empty no other."""

import os
from pathlib import Path

import pytest
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
        test_url = url.set(database=f"{url.database}_test")
        if named:
            test_url = database_url("TEST_DATABASE_URL")
    except ConfigError as error:
        pytest.exit(error.message, 1)

    name = name_of(test_url) or make_marked_database(test_url)
    if name.casefold() != str(test_url.database).casefold():
        pytest.exit(f"the URL names {test_url.database!r}, but leads to {name!r}", 1)
    if named and name in (url.database, name_of(url)):
        pytest.exit("TEST_DATABASE_URL names a database like that of DATABASE_URL", 1)

    engine = create_engine(test_url, poolclass=NullPool)
    if not named and MARK not in inspect(engine).get_view_names():
        pytest.exit(
            f"the tests have not made the database {name!r}, and would drop all its"
            " tables; if they may, let TEST_DATABASE_URL name it",
            1,
        )

    metadata = MetaData()
    metadata.reflect(engine)
    metadata.drop_all(engine)
    return test_url.render_as_string(hide_password=False)


def name_of(url: URL) -> str | None:
    """Return what the server calls the database, or None if it cannot be reached."""
    try:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            return str(connection.scalar(DATABASE))
    except DBAPIError:
        return None


def make_marked_database(url: URL) -> str:
    try:
        create_database(url, ENCODING)
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text(f"CREATE VIEW {MARK} AS SELECT 1 AS made"))
            return str(connection.scalar(DATABASE))
    except DBAPIError as error:
        pytest.exit(f"cannot use the database {url}: {error.orig}", 1)
