"""Backups are whole, and restoring one disturbs nobody who uses the database."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from click.testing import Result
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import event
from sqlalchemy import text

from my_flask_app.app import create_app
from my_flask_app.database import db

ACCOUNTS = 10
TOTAL = 1000

CREATE = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
CREATE TABLE transfers (id INTEGER PRIMARY KEY, account REFERENCES accounts);
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "database"
    folder.mkdir()
    return folder / "shop.db"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Return where a backup is to be, in a folder that is empty."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "backup.db"


def application(database: Path, **options: float) -> Flask:
    config = config_for_tests(f"sqlite:///{database}")
    return create_app(config | {"SQLALCHEMY_ENGINE_OPTIONS": options})


@pytest.fixture
def app(database: Path) -> Iterator[Flask]:
    """Return an application whose accounts hold a total of ``TOTAL``."""
    app = application(database)
    with app.app_context():
        for statement in CREATE.strip().splitlines():
            db.session.execute(text(statement))

        for _ in range(ACCOUNTS):
            statement = f"INSERT INTO accounts (balance) VALUES ({TOTAL // ACCOUNTS})"
            db.session.execute(text(statement))

        db.session.commit()

    yield app
    dispose(app)


def run(app: Flask, *args: object, answer: str = "") -> Result:
    args = ("db", *map(str, args))
    return app.test_cli_runner().invoke(args=args, input=answer)


def succeed(app: Flask, *args: object) -> None:
    result = run(app, *args)
    assert result.exit_code == 0, result.output


def fail(app: Flask, *args: object) -> str:
    """Return the one line that says why a command failed."""
    result = run(app, *args)
    assert result.exit_code == 1, result.output
    (line,) = result.output.splitlines()
    return line


def ask(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def total(file: Path) -> object:
    return ask(file, "SELECT sum(balance) FROM accounts")[0][0]


def execute(app: Flask, statement: str) -> None:
    with app.app_context():
        db.session.execute(text(statement))
        db.session.commit()


def transfers(app: Flask) -> int:
    with app.test_request_context():
        return int(db.session.scalar(text("SELECT count(*) FROM transfers")) or 0)


@contextmanager
def load(app: Flask) -> Iterator[None]:
    """Have writers that move money, and readers that look whether any is missing."""
    over = threading.Event()

    def write(seed: int) -> None:
        random = Random(seed)
        while not over.is_set():
            one, other = random.sample(range(1, ACCOUNTS + 1), 2)
            update = "UPDATE accounts SET balance = balance + {} WHERE id = {}"
            with app.app_context():
                db.session.execute(text(update.format(-1, one)))
                db.session.execute(text(update.format(1, other)))
                insert = f"INSERT INTO transfers (account) VALUES ({one})"
                db.session.execute(text(insert))
                db.session.commit()

            time.sleep(0.002)

    def read() -> None:
        while not over.is_set():
            with app.test_request_context():
                query = text("SELECT sum(balance) FROM accounts")
                assert db.session.scalar(query) == TOTAL

            time.sleep(0.002)

    with ThreadPoolExecutor(6) as threads:
        work = [threads.submit(write, seed) for seed in range(4)]
        work += [threads.submit(read) for _ in range(2)]
        try:
            yield
        finally:
            over.set()

    for future in work:
        future.result()


def wait_for_transfers(app: Flask) -> int:
    """Return how many there were, once there are more."""
    before = transfers(app)
    deadline = time.monotonic() + 30
    while transfers(app) == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    return before


def test_a_backup_has_rows_that_a_copy_of_the_file_lacks(
    app: Flask, database: Path, backup: Path
) -> None:
    # A server's connection, as the last one to close would empty the -wal file.
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT * FROM transfers")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        execute(app, "INSERT INTO transfers (account) VALUES (7)")
        shutil.copy(database, backup)
        assert ask(backup, "SELECT account FROM transfers") == []
        succeed(app, "backup", backup)
        assert ask(backup, "SELECT account FROM transfers") == [(7,)]


def test_a_backup_is_one_file_also_while_it_is_read(app: Flask, backup: Path) -> None:
    succeed(app, "backup", backup)
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("SELECT * FROM accounts").fetchall()
        assert list(backup.parent.iterdir()) == [backup]


def test_a_backup_is_as_private_as_the_database(
    app: Flask, database: Path, backup: Path
) -> None:
    database.chmod(0o600)
    succeed(app, "backup", backup)
    assert backup.stat().st_mode == database.stat().st_mode


def test_no_money_is_missing_in_a_backup_that_is_made_under_load(
    app: Flask, backup: Path
) -> None:
    with load(app):
        for _ in range(5):
            before = wait_for_transfers(app)
            succeed(app, "backup", backup)
            assert total(backup) == TOTAL
            ((made,),) = ask(backup, "SELECT count(*) FROM transfers")
            assert isinstance(made, int) and before < made <= transfers(app)


def test_restoring_under_load_disturbs_nobody(
    app: Flask, database: Path, backup: Path
) -> None:
    execute(app, "CREATE TABLE marks AS SELECT 'before' AS mark")
    succeed(app, "backup", backup)
    file = database.stat().st_ino
    with load(app):
        for _ in range(3):
            execute(app, "UPDATE marks SET mark = 'after'")
            succeed(app, "restore", backup, "--yes")
            assert ask(database, "SELECT mark FROM marks") == [("before",)]
            wait_for_transfers(app)

    assert total(database) == TOTAL
    assert database.stat().st_ino == file
    assert ask(database, "PRAGMA journal_mode") == [("wal",)]
    assert ask(database, "PRAGMA integrity_check") == [("ok",)]


def test_what_is_restored_is_not_left_in_the_wal_file(
    app: Flask, database: Path, backup: Path
) -> None:
    execute(app, "CREATE TABLE large AS SELECT zeroblob(1000000) AS it")
    succeed(app, "backup", backup)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT * FROM accounts").fetchall()
        succeed(app, "restore", backup, "--yes")
        assert database.with_name("shop.db-wal").stat().st_size == 0


def test_restoring_waits_for_its_turn(
    app: Flask, database: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    succeed(app, "backup", backup)
    execute(app, "DELETE FROM accounts")
    with closing(sqlite3.connect(database, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with monkeypatch.context() as patch:
            patch.setattr(time, "sleep", lambda seconds: writer.rollback())
            succeed(app, "restore", backup, "--yes")

        assert not writer.in_transaction

    assert total(database) == TOTAL


def test_restoring_gives_up_when_it_has_waited_too_long(
    app: Flask, database: Path, backup: Path
) -> None:
    succeed(app, "backup", backup)
    execute(app, "UPDATE accounts SET balance = 0")
    impatient = application(database, pool_timeout=0.05)
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        line = fail(impatient, "restore", backup, "--yes")

    assert line == "Error: nothing was restored: database is locked"
    assert total(database) == 0
    dispose(impatient)


@pytest.mark.parametrize(("answer", "expected"), [("y", TOTAL), ("n", 0), ("", 0)])
def test_restoring_asks_first(
    app: Flask, database: Path, backup: Path, answer: str, expected: int
) -> None:
    succeed(app, "backup", backup)
    execute(app, "UPDATE accounts SET balance = 0")
    result = run(app, "restore", backup, answer=answer)
    assert f"Replace all that is in {database}?" in result.output
    assert total(database) == expected


def test_a_backup_is_restored_where_there_was_no_database(
    app: Flask, tmp_path: Path, backup: Path
) -> None:
    succeed(app, "backup", backup)
    new = application(tmp_path / "new.db")
    succeed(new, "restore", backup, "--yes")
    assert total(tmp_path / "new.db") == TOTAL
    dispose(new)


def test_what_an_application_adds_to_connections_is_there(
    app: Flask, backup: Path
) -> None:
    with app.app_context():

        @event.listens_for(db.engine, "connect")
        def add(connection: sqlite3.Connection, _: object) -> None:
            connection.create_function("half", 1, lambda it: it / 2, deterministic=True)

        db.engine.dispose()

    execute(app, "CREATE INDEX halves ON accounts (half(balance))")
    succeed(app, "backup", backup)
    succeed(app, "restore", backup, "--yes")


@pytest.mark.parametrize("name", ["shop.db", "shop.db-wal", "shop.db-shm", "link.db"])
@pytest.mark.parametrize("command", [["backup"], ["restore", "--yes"]], ids=" ".join)
def test_the_database_itself_is_no_backup(
    app: Flask, database: Path, command: list[str], name: str
) -> None:
    database.with_name("link.db").symlink_to(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT * FROM accounts").fetchall()
        line = fail(app, *command, database.with_name(name))
        assert "belongs to the database itself" in line

    assert total(database) == TOTAL


@pytest.mark.parametrize("place", ["", "nowhere/backup.db"])
def test_a_backup_is_a_file_in_a_folder_that_exists(
    app: Flask, tmp_path: Path, place: str
) -> None:
    line = fail(app, "backup", tmp_path / place)
    assert f"{tmp_path / place} is no file, old or new, in a folder" in line


def test_another_database_that_is_in_use_is_not_replaced(
    app: Flask, backup: Path
) -> None:
    other = application(backup)
    execute(other, "CREATE TABLE others (id)")
    assert f"{backup} is another database that is in use" in fail(app, "backup", backup)
    dispose(other)


def damage(file: Path, page: int) -> None:
    with file.open("r+b") as open_file:
        open_file.seek(4096 * (page - 1))
        open_file.write(b"\1" * 4096)


def test_a_backup_of_a_damaged_database_leaves_the_last_one_as_it_was(
    app: Flask, database: Path, backup: Path
) -> None:
    succeed(app, "backup", backup)
    content = backup.read_bytes()
    dispose(app)
    damage(database, page=2)
    line = fail(app, "backup", backup)
    assert f"the copy of {database} is no SQLite database that is whole: " in line
    assert backup.read_bytes() == content
    assert list(backup.parent.iterdir()) == [backup]


def test_a_database_that_is_empty_or_missing_is_not_backed_up(
    database: Path, backup: Path
) -> None:
    app = application(database)
    assert f"the copy of {database} has no tables" in fail(app, "backup", backup)
    assert not backup.exists()
    dispose(app)


def write_nothing(file: Path) -> None:
    file.touch()


def write_text(file: Path) -> None:
    file.write_text("This is not a database, but a text.\n" * 1000)


def write_large_pages(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("CREATE TABLE accounts (balance)")


def write_damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE accounts (balance)")

    damage(file, page=2)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (Path.mkdir, "is no file; name that of a backup"),
        (lambda file: None, "is no file; name that of a backup"),
        (write_nothing, "has no tables"),
        (write_text, "is no SQLite database that is whole: file is not a database"),
        (write_damaged, "is no SQLite database that is whole: "),
        (write_large_pages, "has pages of another size than the database"),
    ],
)
def test_what_is_no_backup_is_not_restored(
    app: Flask,
    database: Path,
    backup: Path,
    write: Callable[[Path], None],
    message: str,
) -> None:
    write(backup)
    assert f"{backup} {message}" in fail(app, "restore", backup, "--yes")
    assert total(database) == TOTAL


def test_rows_that_refer_to_none_are_restored_with_a_warning(
    app: Flask, database: Path, backup: Path
) -> None:
    succeed(app, "backup", backup)
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("INSERT INTO transfers (account) VALUES (99)")

    result = run(app, "restore", backup, "--yes")
    assert f"Warning: {backup} has rows that refer to none" in result.output
    assert ask(database, "SELECT account FROM transfers") == [(99,)]


def test_a_damaged_database_that_cannot_be_opened_is_named(
    app: Flask, database: Path, backup: Path
) -> None:
    succeed(app, "backup", backup)
    dispose(app)
    damage(database, page=1)
    line = fail(app, "restore", backup, "--yes")
    assert f"no connection to {database}: file is not a database" in line
