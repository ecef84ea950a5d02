"""A look at its socket tells whether a connection has died."""

from flask import Flask

from my_flask_app.database import db
from my_flask_app.database.driver import has_died


def test_a_healthy_connection_has_not_died_and_a_closed_one_has(app: Flask) -> None:
    with app.app_context():
        connection = db.session.connection().connection.driver_connection
        db.session.close()
        assert connection is not None
        assert not has_died(connection)
        connection.close()
        assert has_died(connection)
