"""What asks whether the process lives, and whether it can answer requests."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from helpers import connections_in_use
from helpers import listening
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.pool import Pool

from my_flask_app.database import alembic_commands
from my_flask_app.database import db
from my_flask_app.ops import health
from my_flask_app.ops.versions import Versions

from .conftest import end
from .conftest import Server
from .conftest import until

MIGRATION = """
revision = {!r}
down_revision = {!r}
branch_labels = "a label"
depends_on = None
"""


def execute(app: Flask, statement: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement))


def ask(app: Flask, path: str = "/readyz") -> tuple[int, str]:
    response = app.test_client().get(path, buffered=True)
    return response.status_code, response.text


def test_a_process_lives_without_its_database(client: FlaskClient) -> None:
    used: list[object] = []
    with listening(Pool, "checkout", lambda *connection: used.append(connection)):
        response = client.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["Cache-Control"] == "no-store"
    assert not used


def test_whoever_asks_needs_no_permission_and_no_host(app: Flask) -> None:
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    app.before_request(lambda: ("no", 401))
    assert ask(app, "/healthz") == (200, "ok\n")
    assert ask(app) == (200, "ok\n")


def test_the_connection_that_has_asked_is_given_back(app: Flask) -> None:
    used = connections_in_use(app)
    assert ask(app) == (200, "ok\n")
    until(lambda: connections_in_use(app) == used)


def test_a_process_is_ready_while_another_transaction_writes(
    committing_app: Flask,
) -> None:
    write = text("UPDATE alembic_version SET version_num = version_num")
    with ExitStack() as stack:
        stack.enter_context(committing_app.app_context())
        stack.enter_context(db.engine.begin()).execute(write)
        clients = stack.enter_context(ThreadPoolExecutor(1))
        assert clients.submit(ask, committing_app).result() == (200, "ok\n")


def test_a_process_is_not_ready_without_its_migrations(committing_app: Flask) -> None:
    execute(committing_app, "DELETE FROM alembic_version")
    assert ask(committing_app) == (503, "the database lacks migrations\n")


def test_a_process_is_ready_beside_a_newer_version(committing_app: Flask) -> None:
    execute(committing_app, "UPDATE alembic_version SET version_num = 'later'")
    assert ask(committing_app) == (200, "ok\n")


def test_what_is_wrong_is_for_the_log_alone(
    committing_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    execute(committing_app, "DROP TABLE alembic_version")
    assert ask(committing_app) == (503, "the database cannot be asked\n")
    assert "alembic_version" in caplog.text


def test_many_who_ask_a_database_that_hangs_wait_for_one_connection(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.3)
    asked: list[object] = []
    answers = Event()

    def hang(*connection: object) -> None:
        asked.append(connection)
        answers.wait(30)

    with app.app_context():
        pool = db.engine.pool

    event.listen(pool, "checkout", hang)
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(ask, [app] * 8))

    assert found == {(503, "the database cannot be asked\n")}
    assert len(asked) == 1

    answers.set()
    until(lambda: ask(app) == (200, "ok\n"))


def test_the_last_migrations_are_those_of_alembic() -> None:
    scripts = ScriptDirectory.from_config(alembic_commands.make_config())
    assert Versions().last == set(scripts.get_heads())


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (set(), True),
        ({"1"}, True),
        ({"2a"}, True),
        ({"2a", "2b"}, True),
        ({"3"}, False),
        ({"4"}, False),
    ],
)
def test_a_database_is_behind_or_ahead(
    tmp_path: Path, found: set[str], missing: bool
) -> None:
    history: dict[str, Any] = {"1": None, "2a": "1", "2b": "1", "3": ("2a", "2b")}
    for revision, earlier in history.items():
        path = tmp_path / f"{revision}.py"
        path.write_text(MIGRATION.format(revision, earlier).replace(", ", ",\n    "))

    (tmp_path / "2b.py").write_text('revision: str = "2b"\ndown_revision: str = "1"\n')
    assert Versions(tmp_path).last == {"3"}
    assert Versions(tmp_path).are_missing_in(found) is missing


def test_a_load_balancer_may_ask_by_address(serve: Callable[..., Server]) -> None:
    server = serve(TRUSTED_HOSTS="example.com")
    assert server.ask("/").startswith(b"HTTP/1.1 400 ")
    for path in ("/healthz", "/readyz"):
        assert server.ask(path).startswith(b"HTTP/1.1 200 ")


def test_a_worker_that_stops_is_not_ready(serve: Callable[..., Server]) -> None:
    server = serve()
    assert server.ask("/readyz").startswith(b"HTTP/1.1 200 ")
    with server.begin("/readyz") as ready, server.begin("/healthz") as lives:
        time.sleep(0.5)  # Until the worker has both.
        os.kill(server.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        assert end(ready).endswith(b"\r\n\r\nthis process is about to stop\n")
        assert end(lives).startswith(b"HTTP/1.1 200 ")

    assert server.process.wait(30) == 0
