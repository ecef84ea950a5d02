"""A server that does not answer is given up after seconds."""

from typing import Any

from flask import Flask
from sqlalchemy import event

from my_flask_app.database import db


def test_the_driver_is_told_how_long_it_may_take_to_connect(app: Flask) -> None:
    given: dict[str, Any] = {}

    def look(_: object, __: object, ___: object, options: dict[str, Any]) -> None:
        given.update(options)

    with app.app_context():
        event.listen(db.engine, "do_connect", look)
        db.session.connection()

    assert 1 <= given["connect_timeout"] <= 10
