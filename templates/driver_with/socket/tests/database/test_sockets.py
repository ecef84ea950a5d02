"""A look at its socket tells whether a connection has died; a child cannot use it."""

import os
import subprocess
import sys

import pytest
from flask import Flask

from my_flask_app.database import db
from my_flask_app.database.driver import has_died

FORK = """
import os

from my_flask_app.app import create_app
from my_flask_app.database import db

with create_app().app_context():
    connection = db.session.connection().connection.driver_connection
    if os.fork() == 0:
        try:
            connection.cursor().execute("SELECT 1")
        except Exception:
            os._exit(0)

        os._exit(3)

    _, status = os.wait()
    assert os.waitstatus_to_exitcode(status) == 0
"""


def test_a_healthy_connection_has_not_died_and_a_closed_one_has(app: Flask) -> None:
    with app.app_context():
        connection = db.session.connection().connection.driver_connection
        db.session.close()
        assert connection is not None
        assert not has_died(connection)
        connection.close()
        assert has_died(connection)


def test_looking_asks_the_server_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ping(connection: object) -> bool:
        asked.append(connection)
        return True

    with app.app_context():
        monkeypatch.setattr(db.engine.dialect, "do_ping", ping)
        for _ in range(3):
            db.session.connection()
            db.session.close()

    assert asked == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_process_can_send_nothing_over_the_socket_of_its_parent(
    migrated_database: str,
) -> None:
    settings = {"DATABASE_URL": migrated_database, "SECRET_KEY": "test"}
    subprocess.run([sys.executable, "-c", FORK], env=os.environ | settings, check=True)
