{% if cookiecutter.__kind == "server" -%}
import os
from collections.abc import Iterator
{%- else -%}
from collections.abc import Iterator
from pathlib import Path
{%- endif %}

import pytest
{%- if cookiecutter.__kind == "server" %}
from dotenv import find_dotenv
from dotenv import load_dotenv
{%- endif %}
from flask import Flask
from flask.testing import FlaskClient
{%- if cookiecutter.__kind == "server" %}
from sqlalchemy import MetaData
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy_utils import create_database
from sqlalchemy_utils import database_exists
{%- endif %}

from {{ cookiecutter.project_slug }}.app import create_app
{%- if cookiecutter.__kind == "server" %}
from {{ cookiecutter.project_slug }}.config import ConfigError
from {{ cookiecutter.project_slug }}.config import database_url
from {{ cookiecutter.project_slug }}.connections import create_engine
{%- endif %}
from {{ cookiecutter.project_slug }}.database import db


@pytest.fixture(scope="session")
{%- if cookiecutter.__kind == "server" %}
def empty_database() -> URL:
    """Return the URL of a database for tests, after dropping every table in it.

    That is ``TEST_DATABASE_URL``, or else the database of ``DATABASE_URL`` with
    ``_test`` after its name, which is created where it is missing.
    """
    load_dotenv(find_dotenv(usecwd=True))
    try:
        url = database_url("DATABASE_URL")
        test_url = url.set(database=f"{url.database}_test")
        if "TEST_DATABASE_URL" in os.environ:
            test_url = database_url("TEST_DATABASE_URL")
    except ConfigError as error:
        pytest.exit(error.message, 1)

    if test_url.database == url.database:
        pytest.exit("TEST_DATABASE_URL names a database like that of DATABASE_URL", 1)

    try:
        if not database_exists(test_url):
            create_database(test_url{{ ', encoding="utf8mb4"' if cookiecutter.__database.backend == "mysql" }})
    except DBAPIError as error:
        pytest.exit(f"cannot use the database {test_url}: {error.orig}", 1)

    engine = create_engine(test_url)
    metadata = MetaData()
    metadata.reflect(engine)
    metadata.drop_all(engine)
    engine.dispose()
    return test_url
{%- else %}
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("database")
    return f"sqlite:///{folder / 'test.db'}"
{%- endif %}


@pytest.fixture(scope="session")
def migrated_database(empty_database: {{ "URL" if cookiecutter.__kind == "server" else "str" }}) -> str:
    """Return the URL of a database that has been brought up to date."""
    url = {% if cookiecutter.__kind == "server" %}empty_database.render_as_string(hide_password=False){% else %}empty_database{% endif %}
    app = create_app(config_for_tests(url))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    dispose(app)
    return url


@pytest.fixture
def app(migrated_database: str) -> Iterator[Flask]:
    app = create_app(config_for_tests(migrated_database))
    yield app
    dispose(app)


@pytest.fixture
def client(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """Return a client whose requests change nothing once the test is over.

    Their sessions join a transaction of the test, which is rolled back. A commit
    only releases a savepoint in it.
    """
    with app.app_context():
        engine = db.engine

    with engine.connect() as connection, connection.begin() as transaction:
        options = db.session.session_factory.kw
        monkeypatch.setitem(options, "bind", connection)
        monkeypatch.setitem(options, "join_transaction_mode", "create_savepoint")
        yield app.test_client()
        transaction.rollback()


def config_for_tests(url: str) -> dict[str, object]:
    return {
        "SECRET_KEY": "test",
        "SQLALCHEMY_DATABASE_URI": url,
        "TESTING": True,
{%- if cookiecutter.example_app == "yes" %}
        "WTF_CSRF_ENABLED": False,
{%- endif %}
    }


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
