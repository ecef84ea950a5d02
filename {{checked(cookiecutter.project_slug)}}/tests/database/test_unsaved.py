"""A forgotten commit is noticed."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask
from helpers import connections_in_use
from helpers import tables
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from werkzeug.exceptions import BadRequest

from my_flask_app.database import db
from my_flask_app.database.changes import is_writing
from my_flask_app.database.connections import create_engine
from my_flask_app.database.unsaved import UncommittedChanges


class Base(DeclarativeBase):
    pass


class Draft(Base):
    __tablename__ = "unsaved_test_drafts"

    title: Mapped[str] = mapped_column(String(50), primary_key=True)


@pytest.fixture(autouse=True)
def drafts(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        yield


def add() -> None:
    db.session.add(Draft(title="new"))


def flush() -> None:
    add()
    db.session.flush()


def execute() -> None:
    db.session.execute(insert(Draft).values(title="new"))


def execute_text() -> None:
    db.session.execute(text("INSERT INTO unsaved_test_drafts VALUES ('new')"))


def execute_commented_text() -> None:
    db.session.execute(
        text("-- a draft\nINSERT INTO unsaved_test_drafts VALUES ('new')")
    )


def insert_many() -> None:
    db.session().bulk_insert_mappings(inspect(Draft), [{"title": "new"}])


def save_many() -> None:
    db.session().bulk_save_objects(objects=[Draft(title="new")])


def write_in_savepoint() -> None:
    with db.session.begin_nested():
        flush()


def write_before_savepoint() -> None:
    flush()
    db.session.begin_nested().rollback()


WRITES = [
    *(add, flush, execute, execute_text, execute_commented_text),
    *(insert_many, save_many, write_in_savepoint, write_before_savepoint),
]


@pytest.mark.parametrize("work", WRITES)
def test_a_request_that_forgets_to_commit_is_named(
    app: Flask, work: Callable[[], None]
) -> None:
    @app.post("/probe")
    def probe() -> str:
        work()
        return ""

    with pytest.warns(UncommittedChanges, match="^POST probe changed something"):
        app.test_client().post("/probe")


def read() -> None:
    db.session.scalars(select(Draft)).all()
    db.session.scalar(text("SELECT COUNT(*) FROM unsaved_test_drafts"))


def commit() -> None:
    flush()
    execute_text_of("other")
    db.session.commit()


def execute_text_of(title: str) -> None:
    statement = text("INSERT INTO unsaved_test_drafts VALUES (:title)")
    db.session.execute(statement, {"title": title})


def delete_nothing() -> None:
    db.session.execute(delete(Draft).where(Draft.title == "missing"))


def change_nothing() -> None:
    flush()
    db.session.commit()
    draft = db.session.get_one(Draft, "new")
    draft.title = "".join(draft.title)
    read()


def roll_back() -> None:
    flush()
    db.session.rollback()


def roll_back_to_savepoint() -> None:
    savepoint = db.session.begin_nested()
    flush()
    savepoint.rollback()


def fail_in_savepoint() -> None:
    with suppress(IntegrityError), db.session.begin_nested():
        flush()
        execute()


def refuse() -> None:
    flush()
    raise BadRequest


@pytest.mark.parametrize(
    "work",
    [
        *(read, commit, delete_nothing, change_nothing),
        *(roll_back, roll_back_to_savepoint, fail_in_savepoint, refuse),
    ],
)
def test_a_request_with_nothing_to_commit_is_not_named(
    app: Flask, work: Callable[[], None], recwarn: pytest.WarningsRecorder
) -> None:
    @app.post("/probe")
    def probe() -> str:
        work()
        return ""

    app.test_client().post("/probe")
    assert not recwarn.list


def test_a_page_that_says_what_is_wrong_need_not_commit(
    app: Flask, recwarn: pytest.WarningsRecorder
) -> None:
    @app.post("/probe")
    def probe() -> tuple[str, int]:
        add()
        return "The title is too short.", 422

    app.test_client().post("/probe")
    assert not recwarn.list


@pytest.mark.parametrize(
    "statement",
    [
        text("UPDATE drafts SET title = 'x' RETURNING title").columns(Draft.title),
        select(Draft).from_statement(text("DELETE FROM drafts RETURNING title")),
        text("WITH it AS (UPDATE drafts AS d SET title = 'x') SELECT 1"),
        text("WITH it AS (UPDATE ONLY drafts d SET title = 'x') SELECT 1"),
    ],
)
def test_a_statement_that_writes_in_other_ways_is_known(statement: object) -> None:
    assert is_writing(statement)


def test_a_page_that_a_command_asks_for_is_not_the_command(
    app: Flask, recwarn: pytest.WarningsRecorder
) -> None:
    @app.post("/probe")
    def refuse() -> tuple[str, int]:
        flush()
        return "The title is too short.", 422

    @app.cli.command("probe", with_appcontext=False)
    def probe() -> None:
        app.test_client().post("/probe")

    app.test_cli_runner().invoke(args=["probe"])
    assert not recwarn.list


def test_a_command_that_forgets_to_commit_is_named(app: Flask) -> None:
    @app.cli.command("probe")
    def probe() -> None:
        flush()

    with pytest.warns(UncommittedChanges, match="probe changed something"):
        app.test_cli_runner().invoke(args=["probe"])


def test_a_command_that_fails_is_not_named(
    app: Flask, recwarn: pytest.WarningsRecorder
) -> None:
    @app.cli.command("probe")
    def probe() -> None:
        flush()
        raise LookupError

    result = app.test_cli_runner().invoke(args=["probe"])
    assert isinstance(result.exception, LookupError)
    assert not recwarn.list


def test_what_is_written_elsewhere_opens_no_connection_here(
    app: Flask, migrated_database: str
) -> None:
    other = create_engine(migrated_database)
    with app.app_context():
        statement = text("INSERT INTO unsaved_test_drafts VALUES ('new')")
        db.session.execute(statement, bind_arguments={"bind": other})
        assert connections_in_use(app) == 0

    other.dispose()


def test_a_context_of_a_test_need_not_commit(
    app: Flask, recwarn: pytest.WarningsRecorder
) -> None:
    with app.app_context():
        flush()

    assert not recwarn.list
