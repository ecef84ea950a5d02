"""A child process opens connections of its own."""

import os
import subprocess
import sys

import pytest

FORKS = """
import gc
import os
import sys

from sqlalchemy import Column, Integer, MetaData, select, Table

from my_flask_app.app import create_app
from my_flask_app.database import db

app = create_app()


def connection() -> object:
    with db.engine.connect() as connection:
        connection.execute(select(1))
        return connection.connection.driver_connection


with app.app_context():
    parent = connection()
    if os.fork() == 0:
        number = id(parent)
        del parent
        gc.collect()
        os._exit(3 if id(connection()) == number else 0)

    _, status = os.wait()
    assert os.waitstatus_to_exitcode(status) == 0
    assert connection() is parent

WORKS = [
    "assert db.session() is not session",
    "session.rollback()",
    "db.session.close()",
    "del session; gc.collect()",
    "sys.exit()",
]

table = Table("fork_test", MetaData(), Column("id", Integer, autoincrement=False))
with app.app_context():
    table.drop(db.engine, checkfirst=True)
    table.create(db.engine)

for number, work in enumerate(WORKS):
    with app.app_context():
        session = db.session()
        session.execute(table.insert().values(id=number))
        if os.fork() == 0:
            exec(work)
            with app.app_context():
                # On SQLite the parent has the lock.
                db.session.connection(execution_options=dict(sqlite_begin="DEFERRED"))
                assert db.session.scalar(select(1)) == 1

            os._exit(0)

        _, status = os.wait()
        assert os.waitstatus_to_exitcode(status) == 0, work
        session.commit()
        assert session.scalars(select(table)).all() == [*range(number + 1)], work
        session.commit()

with app.app_context():
    table.drop(db.engine)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_process_opens_connections_and_harms_none_of_its_parent(
    migrated_database: str,
) -> None:
    # One interpreter for all, as it takes a moment to start.
    settings = {
        "DATABASE_POOL_SIZE": "1",
        "DATABASE_TIMEOUT": "5",
        "DATABASE_URL": migrated_database,
        "SECRET_KEY": "test",
    }
    command = [sys.executable, "-c", FORKS]
    subprocess.run(command, env=os.environ | settings, check=True)
