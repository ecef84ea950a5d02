"""Greenlets work while others wait for the database."""

import gevent
from flask import Flask

from my_flask_app.database import db


def test_others_work_while_one_waits_for_its_turn_to_write(app: Flask) -> None:
    @app.post("/pause")
    def pause() -> str:
        db.session.connection()
        gevent.sleep(0.02)
        db.session.commit()
        return ""

    requests = [gevent.spawn(app.test_client().post, "/pause") for _ in range(10)]
    assert [request.get().status_code for request in requests] == [200] * 10
