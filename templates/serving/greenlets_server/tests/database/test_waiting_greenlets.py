"""Greenlets work while others wait for the database."""

import gevent
from flask import Flask
from sqlalchemy import text

from my_flask_app.database import db

SLEEP = "{{ database().dialect.sql.sleep }}"


def test_others_work_while_one_waits_for_the_database(app: Flask) -> None:
    @app.get("/slow")
    def slow() -> str:
        db.session.execute(text(SLEEP))
        return ""

    request = gevent.spawn(app.test_client().get, "/slow")
    turns = 0
    while not request.ready():
        gevent.sleep(0.01)
        turns += 1

    assert request.get().status_code == 200
    assert turns > 3
