"""Those who write take turns, and those who only read are in nobody's way."""

import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from typing import TypeAlias

import pytest
from sqlalchemy import Column
from sqlalchemy import Engine
from sqlalchemy import insert
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError

from my_flask_app.database import write_lock
from my_flask_app.database import writers
from my_flask_app.database.connections import create_engine
from my_flask_app.database.writers import Writer

Process: TypeAlias = "subprocess.Popen[str]"

READ = text("SELECT count(*) FROM notes")
WRITE = text("INSERT INTO notes VALUES ('note')")

# Writes to each database whose URL it is told.
OTHER_PROCESS = """
import sys

from my_flask_app.database.connections import create_engine

for line in sys.stdin:
    engine = create_engine(line.strip())
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES ('of another process')")

    engine.dispose()
    print("done", flush=True)
"""

WAIT_UNTIL_LOCKED = """
import fcntl
import sys
import time

deadline = time.monotonic() + 10
while time.monotonic() < deadline:
    try:
        with open(sys.argv[1], "r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except BlockingIOError:
        sys.exit()

    time.sleep(0.002)

sys.exit("nobody has locked the file")
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'notes.db'}", pool_timeout=10)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (text TEXT)"))

    yield engine
    engine.dispose()


@pytest.fixture
def impatient(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an engine of the same file that waits for a moment only."""
    monkeypatch.setattr(write_lock, "INTERVAL", 0.01)
    impatient = create_engine(engine.url, pool_timeout=0.08)
    yield impatient
    impatient.dispose()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a transaction be long after a moment."""
    monkeypatch.setattr(writers, "LONG", 0.02)
    monkeypatch.setattr(write_lock, "INTERVAL", 0.01)


def write(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(WRITE)


def notes(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(READ) or 0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.002)

    assert is_so()


def kept_waiting(writer: Writer, number: int) -> bool:
    return writer.kept_waiting == number


def test_writers_begin_in_the_order_in_which_they_came(engine: Engine) -> None:
    begun = []

    def work(number: int) -> None:
        with engine.begin() as connection:
            begun.append(number)
            connection.execute(WRITE)

    with ThreadPoolExecutor(8) as threads, engine.begin() as connection:
        for number in range(8):
            threads.submit(work, number)
            wait_until(partial(kept_waiting, connection.info["writer"], number + 1))

    wait_until(lambda: len(begun) == 8)
    assert begun == list(range(8))


def test_one_that_gives_up_leaves_no_gap(engine: Engine, impatient: Engine) -> None:
    with ThreadPoolExecutor(2) as threads:
        with engine.begin() as connection:
            writer = connection.info["writer"]
            first = threads.submit(write, impatient)
            wait_until(partial(kept_waiting, writer, 1))
            second = threads.submit(write, engine)
            wait_until(partial(kept_waiting, writer, 2))
            with pytest.raises(OperationalError, match="locked"):
                first.result()

        second.result()

    assert notes(engine) == 1


def test_one_that_is_lost_with_its_connection_is_in_nobodys_way(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.begin()
        connection.connection.driver_connection.close()  # type: ignore[union-attr]
        write(engine)
        with ThreadPoolExecutor(1) as threads:
            threads.submit(write, engine).result(timeout=5)

        connection.invalidate()


def test_the_error_of_one_that_waits_too_long_says_who_has_the_lock(
    engine: Engine, impatient: Engine
) -> None:
    with engine.begin(), ThreadPoolExecutor(1) as threads:
        message = r"locked: .* \(MainThread\) has had it for \d+\.\d s"
        with pytest.raises(OperationalError, match=message):
            threads.submit(write, impatient).result()


@pytest.mark.usefixtures("soon")
def test_one_that_has_the_lock_for_long_is_named_in_the_log(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with ThreadPoolExecutor(1) as threads:
        with engine.begin() as connection:
            connection.execute(WRITE)
            threads.submit(write, engine)
            writer = connection.info["writer"]
            wait_until(partial(kept_waiting, writer, 1))
            wait_until(partial(writer.has_lasted, writers.LONG))

    assert "(MainThread) has had it for " in caplog.text
    assert "and 1 waited for it" in caplog.text


@pytest.mark.usefixtures("soon")
def test_one_that_only_reads_for_long_lets_others_write(engine: Engine) -> None:
    with engine.connect() as connection, ThreadPoolExecutor(1) as threads:
        assert connection.scalar(READ) == 0
        threads.submit(write, engine).result(timeout=5)
        assert connection.scalar(READ) == 0
        with pytest.raises(OperationalError, match="has written since this one began"):
            connection.execute(WRITE)

        connection.rollback()
        assert connection.scalar(READ) == 1


@pytest.mark.usefixtures("soon")
def test_one_that_only_read_for_long_writes_if_no_other_has(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(READ)
        wait_until(lambda: bool(connection.info["writer"].has_given_way))
        connection.execute(WRITE)

    assert notes(engine) == 1


def test_one_that_has_ended_is_not_made_to_give_way(
    engine: Engine, impatient: Engine
) -> None:
    with engine.connect() as connection, ThreadPoolExecutor(1) as threads:
        connection.execute(READ)
        ended = connection.info["writer"]
        connection.commit()
        connection.execute(READ)
        assert not ended.give_way()
        with pytest.raises(OperationalError, match="locked"):
            threads.submit(write, impatient).result()


def test_one_that_is_giving_way_is_not_over_yet(engine: Engine) -> None:
    with engine.connect() as connection, ThreadPoolExecutor(1) as threads:
        connection.execute(READ)
        writer = connection.info["writer"]
        driver_connection: Any = connection.connection.driver_connection
        with writer.lock:
            driver_connection.execute("COMMIT")
            assert not threads.submit(writer.is_over).result()
            driver_connection.execute("BEGIN")


@pytest.mark.usefixtures("soon")
def test_one_that_gives_way_loses_nothing_that_the_driver_does_not_count(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        driver_connection: Any = connection.connection.driver_connection
        driver_connection.execute("PRAGMA user_version = 7")
        wait_until(lambda: bool(connection.info["writer"].has_given_way))

    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA user_version")) == 7


@pytest.mark.usefixtures("soon")
def test_one_that_asked_for_the_lock_keeps_it(
    engine: Engine, impatient: Engine
) -> None:
    asked = engine.execution_options(sqlite_begin="IMMEDIATE")
    with asked.connect() as connection, ThreadPoolExecutor(1) as threads:
        connection.execute(READ)
        with pytest.raises(OperationalError, match="locked"):
            threads.submit(write, impatient).result()


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO notes VALUES ('first')",
        "WITH it AS (SELECT 'first') INSERT INTO notes SELECT * FROM it",
        "CREATE TABLE others (text TEXT)",
        "/* SELECT */ DELETE FROM notes",
        "PRAGMA user_version(7)",
    ],
)
def test_one_that_has_changes_keeps_the_lock(
    engine: Engine, impatient: Engine, statement: str
) -> None:
    with engine.connect() as connection, ThreadPoolExecutor(1) as threads:
        connection.exec_driver_sql(statement)
        with pytest.raises(OperationalError, match="locked"):
            threads.submit(write, impatient).result()


def test_a_nested_transaction_writes_while_the_outer_one_only_reads(
    engine: Engine,
) -> None:
    with engine.begin() as outer:
        assert outer.scalar(READ) == 0
        write(engine)
        assert outer.scalar(READ) == 1
        outer.execute(WRITE)
        assert outer.scalar(READ) == 2

    assert notes(engine) == 2


def test_a_nested_transaction_writes_before_those_that_wait(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as threads:
        with engine.begin() as outer:
            outer.execute(READ)
            other = threads.submit(write, engine)
            wait_until(partial(kept_waiting, outer.info["writer"], 1))
            write(engine)

        other.result()

    assert notes(engine) == 2


def test_an_outer_transaction_has_savepoints_after_the_nested_one(
    engine: Engine,
) -> None:
    with engine.begin() as outer:
        outer.execute(READ)
        write(engine)
        outer.execute(text("PRAGMA table_info(notes)"))
        with outer.begin_nested():
            outer.execute(WRITE)

    assert notes(engine) == 2


def test_a_statement_without_a_transaction_writes_while_the_outer_one_only_reads(
    engine: Engine,
) -> None:
    single = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.begin() as outer:
        outer.execute(READ)
        with single.connect() as connection:
            connection.execute(WRITE)

        outer.execute(WRITE)

    assert notes(engine) == 2


def test_rows_that_are_written_without_a_transaction_are_all_there_or_none(
    engine: Engine,
) -> None:
    single = engine.execution_options(isolation_level="AUTOCOMMIT")
    insert = text("INSERT INTO notes VALUES (abs(:number))")
    with single.connect() as connection:
        with pytest.raises(DBAPIError):
            connection.execute(insert, [{"number": 1}, {"number": -(2**63)}])
        assert notes(engine) == 0
        connection.execute(insert, [{"number": 1}, {"number": 2}])

    assert notes(engine) == 2


def test_an_outer_transaction_writes_after_the_nested_one_only_if_nobody_else_has(
    engine: Engine,
) -> None:
    with engine.begin() as outer, ThreadPoolExecutor(1) as threads:
        assert outer.scalar(READ) == 0
        write(engine)
        threads.submit(write, engine).result(timeout=5)
        with pytest.raises(OperationalError, match="locked"):
            outer.execute(WRITE)


@pytest.mark.parametrize("how", ["a transaction", "AUTOCOMMIT", "a late write"])
def test_an_outer_transaction_does_not_write_after_others_have_between_nested_ones(
    engine: Engine, how: str
) -> None:
    options: dict[str, dict[str, Any]] = {
        "a transaction": {},
        "AUTOCOMMIT": {"isolation_level": "AUTOCOMMIT"},
        "a late write": {"sqlite_begin": "DEFERRED"},
    }
    others = engine.execution_options(**options[how])
    with engine.begin() as outer, ThreadPoolExecutor(1) as threads:
        assert outer.scalar(READ) == 0
        write(engine)
        threads.submit(write, others).result(timeout=5)
        write(engine)
        with pytest.raises(OperationalError, match="has written since this one began"):
            outer.execute(WRITE)


def test_an_outer_transaction_writes_after_nested_ones_on_several_connections(
    engine: Engine,
) -> None:
    for connection in [engine.connect() for _ in range(3)]:
        connection.close()

    with engine.begin() as outer:
        outer.execute(READ)
        for _ in range(3):
            write(engine)

        outer.execute(WRITE)

    assert notes(engine) == 4


def test_transactions_write_from_the_innermost_to_the_outermost(engine: Engine) -> None:
    with engine.begin() as outer:
        outer.execute(READ)
        with engine.begin() as middle:
            middle.execute(READ)
            write(engine)
            middle.execute(WRITE)

        assert outer.scalar(READ) == 2
        outer.execute(WRITE)

    assert notes(engine) == 3


def test_a_transaction_writes_after_the_one_that_it_began_in(engine: Engine) -> None:
    with engine.connect() as outer, engine.connect() as nested:
        outer.execute(READ)
        nested.execute(READ)
        outer.execute(WRITE)
        outer.commit()
        assert nested.scalar(READ) == 1
        nested.execute(WRITE)
        nested.commit()

    assert notes(engine) == 2


def test_a_transaction_of_another_database_reads_what_it_has_read(
    engine: Engine, tmp_path: Path
) -> None:
    other = create_engine(
        f"sqlite:///{tmp_path / 'other.db'}",
        execution_options={"sqlite_begin": "DEFERRED"},
    )
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE notes (text TEXT)"))

    with other.connect() as connection, ThreadPoolExecutor(1) as threads:
        assert connection.scalar(READ) == 0
        threads.submit(write, other).result()
        write(engine)
        assert connection.scalar(READ) == 0

    other.dispose()


@pytest.mark.usefixtures("soon")
def test_an_outer_transaction_that_read_for_long_writes_after_a_nested_one(
    engine: Engine,
) -> None:
    with engine.begin() as outer:
        outer.execute(READ)
        wait_until(lambda: bool(outer.info["writer"].has_given_way))
        write(engine)
        outer.execute(WRITE)

    assert notes(engine) == 2


def test_one_that_writes_late_has_the_lock(engine: Engine, impatient: Engine) -> None:
    late = engine.execution_options(sqlite_begin="DEFERRED")
    with late.connect() as outer, ThreadPoolExecutor(1) as threads:
        outer.execute(WRITE)
        # It would wait for itself.
        assert notes(engine) == 0
        with pytest.raises(OperationalError, match=r"\(MainThread\) has had it"):
            threads.submit(write, impatient).result()


def test_one_whose_late_write_fails_has_the_lock_all_the_same(engine: Engine) -> None:
    late = engine.execution_options(sqlite_begin="DEFERRED")
    with ThreadPoolExecutor(1) as threads:
        with late.begin() as connection:
            with pytest.raises(DBAPIError, match="overflow"):
                connection.execute(text(f"INSERT INTO notes VALUES (abs({-(2**63)}))"))

            other = threads.submit(write, engine)
            wait_until(partial(kept_waiting, connection.info["writer"], 1))
            connection.execute(WRITE)

        other.result()

    assert notes(engine) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO notes VALUES ('note')",
        "WITH it AS (SELECT 'note') INSERT INTO notes SELECT * FROM it",
    ],
)
def test_one_that_writes_late_waits_for_its_turn(
    engine: Engine, statement: str
) -> None:
    def write_late() -> None:
        with engine.execution_options(sqlite_begin="DEFERRED").begin() as connection:
            connection.exec_driver_sql(statement)

    with ThreadPoolExecutor(1) as threads:
        with engine.connect() as connection:
            connection.execute(WRITE)
            waiting = threads.submit(write_late)
            wait_until(partial(kept_waiting, connection.info["writer"], 1))
            connection.rollback()

        waiting.result(timeout=5)

    assert notes(engine) == 1


def test_a_nested_transaction_does_not_wait_for_a_process_that_waits_for_the_outer_one(
    engine: Engine, another_process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 60)
    give_way = Writer.give_way

    def give_way_slowly(writer: Writer) -> bool:
        try:
            return give_way(writer)
        finally:
            time.sleep(0.05)

    monkeypatch.setattr(Writer, "give_way", give_way_slowly)
    with engine.begin() as outer:
        outer.execute(READ)
        with waiting(another_process, engine):
            write(engine)

    assert notes(engine) == 2


@pytest.fixture(scope="module")
def another_process() -> Iterator[Process]:
    """Return a process that has what it needs for :func:`waiting`."""
    pytest.importorskip("fcntl")
    command = [sys.executable, "-c", OTHER_PROCESS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


@contextmanager
def waiting(process: Process, engine: Engine) -> Iterator[None]:
    """Let another process write, which waits for the lock in the block."""
    assert process.stdin and process.stdout
    url = engine.url.render_as_string(hide_password=False)
    print(url, file=process.stdin, flush=True)
    command = [sys.executable, "-S", "-c", WAIT_UNTIL_LOCKED]
    subprocess.run([*command, f"{engine.url.database}-turns"], check=True)
    try:
        yield
    finally:
        assert process.stdout.readline() == "done\n"


@pytest.mark.parametrize(
    "statement",
    [
        "WITH it AS (SELECT 1) SELECT * FROM it",
        "-- all\nSELECT 1",
        f"{30 * ' '}SELECT 1",
        "\t/* one */ (SELECT 1)".replace("(", "").replace(")", ""),
        "PRAGMA table_info(notes)",
        "PRAGMA main.user_version",
    ],
)
def test_a_nested_transaction_writes_after_whatever_reads(
    engine: Engine, statement: str
) -> None:
    with engine.connect() as outer:
        outer.exec_driver_sql(statement)
        write(engine)

    assert notes(engine) == 1


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_savepoints_stay_when_a_nested_transaction_writes(
    engine: Engine, ends: str
) -> None:
    with engine.begin() as outer:
        with outer.begin_nested():
            outer.execute(READ)

        assert outer.info["writer"].savepoints == []
        with outer.begin_nested() as savepoint:
            outer.execute(READ)
            write(engine)
            outer.execute(WRITE)
            getattr(savepoint, ends)()

    assert notes(engine) == (2 if ends == "commit" else 1)


def test_rows_that_are_returned_are_written_without_a_transaction(
    engine: Engine,
) -> None:
    single = engine.execution_options(isolation_level="AUTOCOMMIT")
    table = Table("notes", MetaData(), Column("text", String))
    statement = insert(table).returning(table.c.text)
    with single.connect() as connection:
        rows = connection.execute(statement, [{"text": "a"}, {"text": "b"}]).all()
        assert len(rows) == 2

    assert notes(engine) == 2


def test_a_nested_transaction_is_told_that_the_outer_one_has_changes(
    engine: Engine,
) -> None:
    with engine.begin() as outer:
        outer.execute(WRITE)
        with pytest.raises(OperationalError, match="of the same thread has changes"):
            write(engine)


def test_processes_take_turns(engine: Engine, another_process: Process) -> None:
    with engine.connect() as connection:
        connection.execute(WRITE)
        with waiting(another_process, engine):
            connection.commit()
            # The other process has waited for longer.
            assert connection.scalar(READ) == 2
            connection.rollback()
