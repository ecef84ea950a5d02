"""Sessions hold when greenlets take turns, and when one is interrupted."""

from collections.abc import Callable

import gevent
import pytest
from flask import Flask
from gevent import monkey
{%- if cookiecutter._backends[cookiecutter.__database.backend].sleep %}
from sqlalchemy import text
{%- endif %}
from sqlalchemy.pool import QueuePool

from {{ cookiecutter.project_slug }}.database import db


def connections_in_use(app: Flask) -> int:
    with app.app_context():
        pool = db.engine.pool

    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def test_the_standard_library_is_patched() -> None:
    assert monkey.is_module_patched("socket")
    assert monkey.is_module_patched("threading")


def test_greenlets_at_the_same_time_have_their_own_sessions(app: Flask) -> None:
    @app.get("/probe")
    def probe() -> str:
        session = db.session()
        gevent.sleep(0.01)
        assert db.session() is session
        return str(id(session))

    requests = [gevent.spawn(app.test_client().get, "/probe") for _ in range(20)]
    assert len({request.get().text for request in requests}) == 20
{%- if cookiecutter._backends[cookiecutter.__database.backend].sleep %}


def test_others_work_while_one_waits_for_the_database(app: Flask) -> None:
    @app.get("/slow")
    def slow() -> str:
        db.session.execute(text("{{ cookiecutter._backends[cookiecutter.__database.backend].sleep }}"))
        return ""

    request = gevent.spawn(app.test_client().get, "/slow")
    turns = 0
    while not request.ready():
        gevent.sleep(0.01)
        turns += 1

    assert request.get().status_code == 200
    assert turns > 3
{%- else %}


def test_others_work_while_one_waits_for_its_turn_to_write(app: Flask) -> None:
    @app.post("/pause")
    def pause() -> str:
        db.session.connection()
        gevent.sleep(0.02)
        db.session.commit()
        return ""

    requests = [gevent.spawn(app.test_client().post, "/pause") for _ in range(10)]
    assert [request.get().status_code for request in requests] == [200] * 10
{%- endif %}


def time_out() -> None:
    with gevent.Timeout(0.02):
        gevent.sleep(5)


def be_killed() -> None:
    raise gevent.GreenletExit


@pytest.mark.parametrize("interrupt", [time_out, be_killed])
def test_a_interrupted_greenlet_leaves_nothing_behind(
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
