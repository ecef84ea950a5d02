"""Sessions hold when greenlets take turns, and when one is interrupted."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest
from flask import Flask
from gevent import monkey
from helpers import connections_in_use

from my_flask_app.database import db

PROJECT = Path(__file__).parents[2]

LOAD_CONFIGURATION = """
import runpy
import sys

runpy.run_path("gunicorn.conf.py")
assert "my_flask_app.app" not in sys.modules
monkey = sys.modules["gevent.monkey"]
assert monkey.is_module_patched("socket")
"""


def test_the_standard_library_is_patched() -> None:
    assert monkey.is_module_patched("socket")
    assert monkey.is_module_patched("threading")


def test_gunicorn_has_it_patched_before_the_application_is_imported() -> None:
    subprocess.run([sys.executable, "-c", LOAD_CONFIGURATION], cwd=PROJECT, check=True)


def test_greenlets_at_the_same_time_have_their_own_sessions(app: Flask) -> None:
    @app.get("/probe")
    def probe() -> str:
        session = db.session()
        gevent.sleep(0.01)
        assert db.session() is session
        return str(id(session))

    requests = [gevent.spawn(app.test_client().get, "/probe") for _ in range(20)]
    assert len({request.get().text for request in requests}) == 20


def time_out() -> None:
    with gevent.Timeout(0.02):
        gevent.sleep(5)


def be_killed() -> None:
    raise gevent.GreenletExit


@pytest.mark.parametrize("interrupt", [time_out, be_killed])
def test_an_interrupted_greenlet_leaves_nothing_behind(
    app: Flask, interrupt: Callable[[], None]
) -> None:
    @app.post("/probe")
    def probe() -> str:
        db.session.connection()
        interrupt()
        return ""

    request = gevent.spawn(app.test_client().post, "/probe")
    request.join(5)
    assert request.dead
    assert connections_in_use(app) == 0
    assert not db.session.registry.registry
