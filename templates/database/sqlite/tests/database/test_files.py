"""The file is deleted, replaced or read-only, and nobody loses anything by it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import dbapi2
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import text
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database import snapshots
from my_flask_app.database import write_lock
from my_flask_app.database import writers
from my_flask_app.database.connections import connect_to_migrate
from my_flask_app.database.connections import create_engine
from my_flask_app.database.connections import LOG_SIZE
from my_flask_app.database.turnstile import Turnstile
from my_flask_app.environment import ConfigError

NOBODY = 65534  # As user.

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="Windows keeps the files that are open"
)

CREATE = "CREATE TABLE notes (text)"
INSERT = "INSERT INTO notes VALUES ('{}')"
SELECT = "SELECT group_concat(text) FROM notes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.db"


@pytest.fixture
def app(file: Path) -> Iterator[Flask]:
    """Return an application that has a note in its log."""
    app = make_app(file)
    with app.app_context():
        db.session.execute(text(CREATE))
        db.session.execute(text(INSERT.format("old")))
        db.session.commit()

    yield app
    dispose(app)


def make_app(file: Path) -> Flask:
    app = create_app(config_for_tests(f"sqlite:///{file}"))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/notes")
    def read() -> str:
        return str(db.session.scalar(text(SELECT)))

    @app.post("/large")
    def write_much() -> str:
        db.session.execute(text(f"INSERT INTO notes VALUES (zeroblob({LOG_SIZE}))"))
        db.session.commit()
        return ""

    @app.post("/notes/<name>")
    def write(name: str) -> str:
        db.session.execute(text(INSERT.format(name)))
        db.session.commit()
        return ""

    return app


def make_other(file: Path) -> Path:
    """Return a database that has other tables before the one of the notes."""
    other = file.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE first AS SELECT zeroblob(20000)")
        connection.execute(CREATE)
        connection.execute(INSERT.format("new"))

    return other


def notes(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [text for (text,) in connection.execute("SELECT text FROM notes")]


def upgrade(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output


def remove_log(file: Path) -> None:
    for name in ("-wal", "-shm"):
        Path(f"{file}{name}").unlink()


def test_a_database_that_takes_the_place_of_another_is_used(
    app: Flask, file: Path
) -> None:
    remove_log(file)
    make_other(file).rename(file)
    client = app.test_client()
    assert client.get("/notes").text == "new"
    assert client.post("/notes/last").status_code == 200
    assert notes(file) == ["new", "last"]


@pytest.fixture(params=["marked", "remembered"])
def mark(
    request: pytest.FixtureRequest, app: Flask, file: Path, monkeypatch: Any
) -> None:
    """Let the log be marked, or let there be systems where it cannot be."""
    if request.param == "remembered":
        monkeypatch.delattr(os, "getxattr", raising=False)


@pytest.mark.usefixtures("mark")
def test_a_database_is_not_opened_with_the_log_of_another(
    app: Flask, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app.testing = False
    make_other(file).rename(file)
    client = app.test_client()
    assert client.get("/notes", buffered=True).status_code == 503
    assert f"{file}-wal is that of the old file" in caplog.text
    assert client.post("/notes/lost").status_code == 503
    remove_log(file)
    assert client.post("/notes/last").status_code == 200
    assert notes(file) == ["new", "last"]


@pytest.fixture
def later(app: Flask, file: Path) -> Iterator[Flask]:
    """Return another application that has not used the database yet."""
    if not hasattr(os, "getxattr") or not os.listxattr(f"{file}-wal"):
        pytest.skip("The file system has no extended attributes.")

    later = make_app(file)
    yield later
    dispose(later)


def test_another_process_does_not_open_it_with_that_log_either(
    later: Flask, file: Path
) -> None:
    later.testing = False
    make_other(file).rename(file)
    assert later.test_client().get("/notes").status_code == 503
    remove_log(file)
    assert later.test_client().get("/notes").text == "new"


def test_a_copy_of_a_database_and_its_log_can_be_opened(
    app: Flask, file: Path, tmp_path: Path
) -> None:
    (copy := tmp_path / "copy").mkdir()
    for name in ("", "-wal"):
        shutil.copy2(f"{file}{name}", copy)

    other = make_app(copy / file.name)
    assert other.test_client().get("/notes").text == "old"
    dispose(other)


@pytest.mark.usefixtures("app")
def test_a_link_leads_to_the_log_as_well(file: Path) -> None:
    link = file.with_name("link.db")
    link.symlink_to(file)
    linked = make_app(link)
    linked.testing = False
    assert linked.test_client().get("/notes").text == "old"
    make_other(file).rename(file)
    assert linked.test_client().get("/notes").status_code == 503
    dispose(linked)


def test_what_uses_a_link_takes_turns_with_what_uses_the_file(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to("file.db")
    engine = create_engine(f"sqlite:///{link}")
    with engine.begin() as connection:
        connection.execute(text(CREATE))

    engine.dispose()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["file.db", "file.db-turns", "link.db"]


def test_connections_in_use_are_not_in_the_way_of_a_database_that_took_the_place(
    app: Flask, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 0.02)
    monkeypatch.setattr(write_lock, "INTERVAL", 0.01)
    with app.app_context():
        db.session.execute(text(SELECT))
        remove_log(file)
        make_other(file).rename(file)
        with ThreadPoolExecutor(1) as threads:
            request = threads.submit(app.test_client().post, "/notes/last")
            assert request.result().status_code == 200

    assert notes(file) == ["new", "last"]


def test_what_was_begun_in_a_file_that_was_replaced_is_not_said_to_be_stored(
    app: Flask, file: Path
) -> None:
    other = make_other(file)

    @app.post("/replace")
    def replace() -> str:
        db.session.execute(text(INSERT.format("lost")))
        remove_log(file)
        other.rename(file)
        db.session.commit()
        return ""

    app.testing = False
    client = app.test_client()
    assert client.post("/replace").status_code == 503
    assert client.post("/notes/last").status_code == 200
    assert notes(file) == ["new", "last"]


def test_a_log_that_another_process_has_begun_is_used(app: Flask, file: Path) -> None:
    remove_log(file)
    make_other(file).rename(file)
    other = make_app(file)
    assert other.test_client().post("/notes/other").status_code == 200
    assert app.test_client().post("/notes/last").status_code == 200
    assert other.test_client().get("/notes").text == "new,other,last"
    dispose(other)
    assert notes(file) == ["new", "other", "last"]


def test_a_log_that_was_deleted_gets_no_more(app: Flask, file: Path) -> None:
    remove_log(file)
    assert app.test_client().post("/notes/last").status_code == 200
    assert notes(file) == ["old", "last"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_database_that_was_deleted_is_not_created_anew(
    app: Flask, file: Path, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    app.testing = False
    file.unlink()
    path = "/notes" if method == "GET" else "/notes/lost"
    response = app.test_client().open(path, method=method, buffered=True)
    assert response.status_code == 503
    assert f"{file} is not there any more" in caplog.text
    assert not file.exists()


def test_a_server_that_has_not_asked_yet_creates_no_database_anew_either(
    app: Flask, file: Path
) -> None:
    later = make_app(file)
    file.unlink()
    with later.app_context(), pytest.raises(OperationalError, match="not there any"):
        db.session.connection()

    assert not file.exists()


Functions = list[Callable[[], object]]


@pytest.fixture
def around_connect(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> tuple[Functions, Functions]:
    """Return lists of what is called before and after the next connect of SQLite."""
    before: Functions = []
    after: Functions = []
    connect = dbapi2.connect

    def connect_and_call(*args: Any, **options: Any) -> sqlite3.Connection:
        while before:
            before.pop()()

        connection: sqlite3.Connection = connect(*args, **options)
        while after:
            after.pop()()

        return connection

    dispose(app)
    monkeypatch.setattr(dbapi2, "connect", connect_and_call)
    return before, after


def test_a_database_that_is_deleted_just_before_it_is_opened_is_not_created(
    app: Flask, file: Path, around_connect: tuple[Functions, Functions]
) -> None:
    before, _ = around_connect
    before.append(file.unlink)
    with app.app_context(), pytest.raises(OperationalError, match="is not there"):
        db.session.connection()

    assert not file.exists()


def test_a_database_that_is_replaced_while_it_is_opened_is_not_used(
    app: Flask, file: Path, around_connect: tuple[Functions, Functions]
) -> None:
    _, after = around_connect
    other = make_other(file)
    after.append(lambda: other.rename(file))
    assert app.test_client().get("/notes").text == "new"


def test_a_database_is_created_anew_by_a_command_while_the_old_one_is_in_use(
    app: Flask, file: Path
) -> None:
    file.unlink()
    application = ["--app", "my_flask_app.app"]
    subprocess.run(
        [sys.executable, "-m", "flask", *application, "db", "upgrade"],
        env=os.environ | {"DATABASE_URL": f"sqlite:///{file}", "SECRET_KEY": "test"},
        check=True,
    )
    with app.app_context():
        assert db.session.scalar(text("SELECT COUNT(*) FROM alembic_version")) == 1
        db.session.execute(text(CREATE))
        db.session.commit()

    assert app.test_client().post("/notes/last").status_code == 200
    assert notes(file) == ["last"]


@pytest.mark.parametrize("name", ["50% of #1 & so.db", "a?b.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    url = URL.create("sqlite", database=str(tmp_path / name))
    for statement in (CREATE, INSERT):
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(statement))

        engine.dispose()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [name, f"{name}-turns"]


def test_a_file_is_found_by_its_name_in_a_uri(tmp_path: Path) -> None:
    file = tmp_path / "50% off.db"
    engine = create_engine(f"sqlite:///{file.as_uri()}?uri=true")
    with engine.begin() as connection:
        connection.execute(text(CREATE))
        file.unlink()
        with pytest.raises(OperationalError, match="nothing is stored"):
            connection.commit()

    engine.dispose()
    assert not file.exists()
    assert file.with_name("50% off.db-turns").exists()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that is not inside one that only we can look into."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def without_privileges(folder: Path, modes: tuple[int, int]) -> Iterator[None]:
    """Be somebody for whom permissions count, as they do not for root."""
    file = folder / "file.db"
    folder.chmod(modes[0])
    file.chmod(modes[1])
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)

    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o777)


@pytest.mark.parametrize(
    ("modes", "name"), [((0o555, 0o666), ""), ((0o777, 0o000), "/file.db")]
)
def test_a_database_that_cannot_be_opened_is_named(
    folder: Path, modes: tuple[int, int], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(folder / "file.db")
    upgrade(app)
    dispose(app)
    app.testing = False
    with without_privileges(folder, modes):
        assert app.test_client().get("/notes").status_code == 500

    assert f": {folder}{name} cannot be read and written" in caplog.text


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_database_that_can_only_be_read_is_named(
    folder: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = folder / "file.db"
    app = make_app(file)
    upgrade(app)
    dispose(app)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")

    with without_privileges(folder, (0o777, 0o444)), app.app_context():
        assert db.session.scalar(text("SELECT 1 FROM alembic_version")) == 1
        message = f"{file} cannot be read and written"
        assert f"The database can only be read: {message}" in caplog.text
        with pytest.raises(OperationalError, match=message):
            connect_to_migrate(db.engine)

    dispose(app)


def test_what_keeps_the_log_from_shrinking_for_long_is_named(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.test_client().get("/notes")
    assert "could not shrink" not in caplog.text
    monkeypatch.setattr(snapshots, "LONG", 0)
    app.test_client().get("/notes")
    assert "GET /notes read one state for minutes" in caplog.text


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root"
)
def test_the_file_for_turns_belongs_to_the_owner_of_the_database(
    app: Flask, file: Path
) -> None:
    turns = Path(f"{file}-turns")
    turns.unlink()
    os.chown(file, NOBODY, NOBODY)
    Turnstile(str(file)).open()
    assert turns.stat().st_uid == NOBODY


def test_a_command_names_a_database_that_cannot_be_opened(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inner = folder / "inner"
    inner.mkdir()
    app = make_app(inner / "file.db")
    inner.rmdir()
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 1
    assert f"database file: {inner} is not there" in result.output + caplog.text


def test_the_log_shrinks_when_nobody_reads_an_old_state_any_more(
    app: Flask, file: Path
) -> None:
    client = app.test_client()
    log = Path(f"{file}-wal")
    with app.app_context():
        db.session.connection(execution_options={"sqlite_begin": "DEFERRED"})
        db.session.execute(text(SELECT))
        with ThreadPoolExecutor(1) as threads:
            for _ in range(5):
                threads.submit(client.post, "/large").result()

        assert log.stat().st_size > 2 * LOG_SIZE

    for _ in range(2):
        client.post("/notes/small")

    assert log.stat().st_size <= LOG_SIZE


def synchronous(app: Flask) -> int:
    with app.app_context():
        value: int = db.session.execute(text("PRAGMA synchronous")).scalar_one()

    dispose(app)
    return value


def test_a_commit_waits_for_the_disk_unless_the_environment_says_otherwise(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_SYNCHRONOUS", raising=False)
    assert synchronous(make_app(file)) == 2
    monkeypatch.setenv("DATABASE_SYNCHRONOUS", "NORMAL")
    assert synchronous(make_app(file)) == 1


def test_other_ways_to_wait_for_the_disk_are_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_SYNCHRONOUS", "OFF")
    with pytest.raises(ConfigError, match="DATABASE_SYNCHRONOUS is 'OFF'; it must be"):
        make_app(file)


@pytest.mark.skipif(sys.platform != "linux", reason="Others create it for all to read")
def test_nobody_else_can_read_what_is_stored(file: Path, app: Flask) -> None:
    path = str(file.parent / "backup")
    runner = app.test_cli_runner()
    before = os.umask(0o022)
    try:
        with app.app_context():
            db.session.execute(text(INSERT.format("new")))
            runner.invoke(args=["db", "backup", path])
            modes = {it.name: it.stat().st_mode & 0o777 for it in file.parent.iterdir()}
    finally:
        os.umask(before)

    names = {file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}-turns"}
    assert modes == dict.fromkeys(names | {"backup"}, 0o600)


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_file_for_others_stays_so(file: Path, mode: int) -> None:
    file.touch()
    file.chmod(mode)
    app = make_app(file)
    with app.app_context():
        db.session.execute(text(CREATE))

    dispose(app)
    assert file.stat().st_mode & 0o777 == mode
