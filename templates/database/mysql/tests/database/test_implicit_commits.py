"""The fixture ``client`` notices statements before which MySQL and MariaDB commit."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from helpers import tables
from helpers import undone
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from my_flask_app.database import db

METADATA = MetaData()
NOTES = Table("implicit_commits_test", METADATA, Column("id", Integer))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE implicit_commits_test ADD COLUMN more INTEGER",
        "ANALYZE TABLE implicit_commits_test",
        "CREATE INDEX more ON implicit_commits_test (id)",
        "DROP TABLE implicit_commits_test",
        "TRUNCATE TABLE implicit_commits_test",
    ],
)
@pytest.mark.parametrize("end", [Session.commit, Session.rollback])
def test_a_statement_that_commits_is_an_error_and_named(
    app: Flask, statement: str, end: Callable[[Session], None]
) -> None:
    @app.get("/run")
    def run() -> str:
        db.session.execute(NOTES.insert().values(id=1))
        db.session.execute(text(statement))
        end(db.session())
        return "done"

    error = re.escape(f"statements: ['{statement}']")
    with tables(app, METADATA), pytest.raises(AssertionError, match=error), undone(app):
        with pytest.raises(DBAPIError, match="SAVEPOINT"):
            app.test_client().get("/run")
