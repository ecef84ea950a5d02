"""A connection has one user at a time."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait

from flask import Flask

from my_flask_app.database import db


def test_a_connection_is_closed_after_the_statement_that_uses_it(app: Flask) -> None:
    with app.app_context(), ThreadPoolExecutor(1) as threads:
        connection = db.session.connection()
        with connection.info["lock"]:
            closing = threads.submit(connection.invalidate)
            wait([closing], timeout=0.1)
            assert not closing.done()

        closing.result(timeout=5)
