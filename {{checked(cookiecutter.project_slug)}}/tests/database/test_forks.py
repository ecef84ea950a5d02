"""A child process opens connections of its own."""

import os
import subprocess
import sys

import pytest

FORK = """
import gc
import os

from sqlalchemy import select

from my_flask_app.app import create_app
from my_flask_app.database import db


def connection() -> object:
    with db.engine.connect() as connection:
        connection.execute(select(1))
        return connection.connection.driver_connection


with create_app().app_context():
    parent = connection()
    if os.fork() == 0:
        number = id(parent)
        del parent
        gc.collect()
        os._exit(3 if id(connection()) == number else 0)

    _, status = os.wait()
    assert os.waitstatus_to_exitcode(status) == 0
    assert connection() is parent
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_process_opens_its_own_connections_and_ends_none(
    migrated_database: str,
) -> None:
    settings = {"DATABASE_URL": migrated_database, "SECRET_KEY": "test"}
    subprocess.run([sys.executable, "-c", FORK], env=os.environ | settings, check=True)
