"""The database that the tests use, and that they empty no other."""

import gc
import os
import warnings
from contextlib import suppress

import pytest
from contents import DROP_EVERYTHING
from helpers import end
from sqlalchemy import Engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy_utils import create_database
from sqlalchemy_utils import drop_database
from workers import WORKER

from my_flask_app.config import database_url
from my_flask_app.database.connections import create_engine
from my_flask_app.env_file import load_env
from my_flask_app.environment import ConfigError

DATABASE = text("{{ database().dialect.sql.database }}")

ENCODING = "{{ database().dialect.encoding }}"

# A view with this name is in every database that the tests have made. Migrations do
# not look for views.
MARK = "made_by_tests"


class TestDatabase:
    """``TEST_DATABASE_URL``, or ``DATABASE_URL`` with ``_test`` after its name.

    It is created where it is missing, and has the name of the process after its own if
    pytest-xdist runs several. The tests end here if that leads to a database which is
    not theirs.
    """

    # It is no class of tests.
    __test__ = False

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.is_migrated = False
        try:
            load_env()
            url = database_url("DATABASE_URL")
            given = "TEST_DATABASE_URL" in os.environ
            test_url = database_url("TEST_DATABASE_URL") if given else url_beside(url)
            self.prepare(of_worker(test_url), url if given else None)
        except (ConfigError, DBAPIError) as error:
            end(request.session, f"no database for the tests: {error}")

    @staticmethod
    def is_for_each_process() -> bool:
        """Tell whether the tests may create databases; else one is named."""
        with suppress(ConfigError):
            load_env()

        return "TEST_DATABASE_URL" not in os.environ

    def prepare(self, test_url: URL, url: URL | None) -> None:
        self.own = not url or bool(WORKER)
        is_new = name_of(test_url) is None
        if is_new:
            create_database(test_url, ENCODING)

        refuse_others(test_url, url)
        self.engine = create_engine(test_url, poolclass=NullPool)
        self.url = test_url.render_as_string(hide_password=False)
        if is_new:
            mark(self.engine)
        elif self.own:
            refuse_unmarked(self.engine)

    def make_anew(self) -> str:
        """Return the URL of a database with nothing in it."""
        self.is_migrated = False
        if self.own and dropped(self.engine):
            create_database(self.engine.url, ENCODING)
        else:
            empty(self.engine)
        if self.own:
            mark(self.engine)

        return self.url

    def drop(self) -> None:
        """Drop the database of a process; another one is used again."""
        if WORKER:
            dropped(self.engine)


def url_beside(url: URL) -> URL:
    if not url.database:
        raise ConfigError("DATABASE_URL names none, so TEST_DATABASE_URL has to")

    return url.set(database=f"{url.database}_test")


def of_worker(url: URL) -> URL:
    return url.set(database=f"{url.database}_{WORKER}") if WORKER else url


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


def dropped(engine: Engine) -> bool:
    """Drop the database, and tell whether that was possible."""
    with suppress(DBAPIError):
        drop_database(engine.url)
        return True

    # SQLAlchemy-Utils has left its connection open.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()

    return False


def empty(engine: Engine) -> None:
    """Drop everything in the database that is not of an extension."""
    with engine.begin() as connection:
        for statement in connection.scalars(text(DROP_EVERYTHING)).all():
            connection.execute(text(statement.replace(":", r"\:")))
