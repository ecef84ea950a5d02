"""Six processes that migrate at once are tried by the template's own tests."""

from threading import Event
from threading import Thread

import pytest
from flask import Flask

from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database.migration_lock import alone

pytestmark = pytest.mark.skipif(
    not dialect.MIGRATION_LOCK, reason="the database has no such lock"
)


def test_one_waits_for_another(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with app.app_context():
        engine = db.engine

    began = Event()

    def wait() -> None:
        with alone(engine.connect):
            began.set()

    thread = Thread(target=wait)
    with alone(engine.connect):
        thread.start()
        assert not began.wait(1)

    thread.join(10)
    assert began.is_set()
    assert "Another process migrates the database" in caplog.text
