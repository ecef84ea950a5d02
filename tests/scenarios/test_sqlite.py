"""SQLite under concurrent requests, where it has one write lock."""

import itertools
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served

pytestmark = pytest.mark.parametrize("database", ["SQLite"])

CLIENTS = 24
REQUESTS = 5


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
    over = threading.Event()

    def transfer(client: int) -> int:
        for number in itertools.count(1):
            path = f"/transfer?source={client}&target={(client + number) % 10}"
            assert served.ask("POST", path).status == 200
            if over.is_set():
                return number

        raise AssertionError

    with ThreadPoolExecutor(8) as clients:
        transfers = [clients.submit(transfer, client) for client in range(1, 9)]
        try:
            for _ in range(3):
                flask_db(project, "backup", backup)
                assert total(backup) == 0
                assert served.ask("POST", "/count").status == 200
                assert sum(served.balances()) == 1
                flask_db(project, "restore", "--yes", backup)
                assert sum(served.balances()) == 0
        finally:
            over.set()

    assert sum(served.balances()) == 0
    figure(f"{sum(it.result() for it in transfers)} transfers")


def flask_db(project: Project, *arguments: "str | Path") -> None:
    project.python("-m", "flask", "db", *arguments, PYTHONPATH="src")


def total(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        ((found,),) = connection.execute("SELECT sum(balance) FROM probe_accounts")

    return int(found)
