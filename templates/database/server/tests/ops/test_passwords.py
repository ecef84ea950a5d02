"""Nobody sees the password of the database, whatever goes wrong."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from helpers import config_for_tests
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy import URL
from test_server import free_port

from my_flask_app.app import create_app
from my_flask_app.config import load_config
from my_flask_app.database import db
from my_flask_app.database import driver
from my_flask_app.database.urls import parse_url
from my_flask_app.environment import ConfigError

PROJECT = Path(__file__).parents[2]

# Its parts, as one may be shown where another is not.
FIRST, SECOND = "Kx7hunter", "qW9tiger"
PASSWORD = f"{FIRST}@{SECOND}"

# What drivers call a password in the query of a URL.
NAMES = sorted({"password", "passwd", "sslpassword"} & set(driver.PARAMETERS.split()))


def shown(*texts: object) -> bool:
    return any(part in str(it) for it in texts for part in (FIRST, SECOND))


@pytest.fixture
def url(migrated_database: str) -> URL:
    """Return the URL of the database, with a password that may well be wrong."""
    return make_url(migrated_database).set(username="nobody", password=PASSWORD)


@pytest.fixture
def unreachable(url: URL) -> URL:
    """Return the URL of a server that is not there."""
    query = {name: it for name, it in url.query.items() if "host" not in name}
    return url.set(host="127.0.0.1", port=free_port(), query=query)


def ask(url: URL | str) -> Flask:
    """Return an application that has asked the database something."""
    config = config_for_tests("") | {"SQLALCHEMY_DATABASE_URI": url}
    app = create_app(config)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        return str(db.session.execute(text("SELECT nothing FROM nowhere")))

    response = app.test_client().get("/probe")
    assert response.status_code >= 500
    assert not shown(response.text, response.headers)
    return app


@pytest.mark.parametrize("where", ["url", "unreachable", "unknown"])
def test_a_request_that_fails_shows_no_password(
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    where: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    name = "url" if where == "unknown" else where
    url: URL = request.getfixturevalue(name)
    ask(url.set(host="nowhere.invalid", query={}) if where == "unknown" else url)
    assert caplog.records
    assert not shown(caplog.text)


@pytest.mark.parametrize("name", ["", *NAMES])
def test_a_configuration_shows_no_password(unreachable: URL, name: str) -> None:
    url = unreachable
    if name:
        url = url.set(password="", query={name: PASSWORD})

    secret = url.render_as_string(hide_password=False)
    app = create_app(config_for_tests(secret))
    with app.app_context():
        things = [app.config, app.config["SQLALCHEMY_DATABASE_URI"], db.engine]
        things += [db.engine.url, db.engine.pool, db.engine.dialect, db.session]
        things += [vars(app).values(), app.extensions]
        args, options = db.engine.dialect.create_connect_args(db.engine.url)

    assert not shown(*map(repr, things), *map(str, things))
    # It is kept for the driver.
    assert shown(args, options)


@pytest.mark.parametrize("name", NAMES)
def test_a_password_is_hidden_and_kept_in_a_query(unreachable: URL, name: str) -> None:
    url = parse_url(unreachable.set(query={name: PASSWORD}))
    assert parse_url(url) == url
    assert url.query[name] == PASSWORD
    assert f"{name}=%2A%2A%2A" in str(url)


@pytest.mark.parametrize(
    "end",
    [
        f"{PASSWORD}@localhost/name",
        f"{FIRST}@{SECOND}/@localhost/name",
        f"{FIRST}@{SECOND}:1@localhost/name",
        f"{FIRST}@{SECOND}?@localhost/name",
        f"{FIRST}@{SECOND}#@localhost/name",
        f"{FIRST}@[{SECOND}]@localhost/name",
        f"{FIRST}:@{SECOND}:@localhost/name",
        f"{FIRST}@localhost:{SECOND}/name",
        f"***{FIRST}@",
    ],
)
def test_a_url_that_is_refused_shows_no_password(
    monkeypatch: pytest.MonkeyPatch, unreachable: URL, end: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{unreachable.drivername}://me:{end}")
    with pytest.raises(ConfigError, match="DATABASE_URL ") as caught:
        load_config({})

    assert not shown(caught.value.message)


def test_an_at_sign_in_a_password_is_explained(unreachable: URL) -> None:
    url = f"{unreachable.drivername}://me:{PASSWORD}@localhost/name"
    with pytest.raises(ValueError, match="^has an '@' too many; in a user name or a "):
        parse_url(url)


def test_an_at_sign_in_a_user_name_is_none_too_many(unreachable: URL) -> None:
    for user in ("me@server", "me%40server"):
        url = parse_url(f"{unreachable.drivername}://{user}:secret@localhost/name")
        assert (url.username, url.password) == ("me@server", "secret")


@pytest.fixture
def environment(unreachable: URL) -> Iterator[dict[str, str]]:
    url = unreachable.render_as_string(hide_password=False)
    yield os.environ | {"DATABASE_URL": url, "DATABASE_TIMEOUT": "2"}


@pytest.mark.parametrize("command", [["db", "upgrade"], ["db", "current"], ["routes"]])
def test_a_command_shows_no_password(
    environment: dict[str, str], command: list[str]
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "flask", *command],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.stdout
    assert not shown(ended.stdout)
