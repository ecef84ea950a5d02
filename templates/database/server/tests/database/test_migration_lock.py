"""Six processes that migrate at once are tried by the template's own tests."""

import time
from threading import Event
from threading import Thread

import pytest
from flask import Flask

from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database import migration_lock
from my_flask_app.database.migration_lock import alone

pytestmark = pytest.mark.skipif(
    not dialect.MIGRATION_LOCK, reason="the database has no such lock"
)


def test_one_waits_for_another(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(migration_lock, "INTERVAL", 0.01)
    with app.app_context():
        engine = db.engine

    began = Event()

    def wait() -> None:
        with alone(engine.connect):
            began.set()

    thread = Thread(target=wait)
    with alone(engine.connect):
        thread.start()
        deadline = time.monotonic() + 10
        while "Another process migrates the database" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.005)

        assert not began.wait(0.05)

    thread.join(10)
    assert began.is_set()
