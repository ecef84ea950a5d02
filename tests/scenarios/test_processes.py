"""Gunicorn's processes: forks, recycled and killed workers, reloads and stops."""

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import needs
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.conftest import THREADS
from tests.scenarios.serving import Served

CLIENTS = 50

# As it comes: the first process creates the application and forks the others, without
# telling Python.
UWSGI = [
    *("-c", "import pyuwsgi; pyuwsgi.run()", "--http=$(HOST):$(PORT)"),
    *("--master", "--processes=4", "--module=probes:create_app()"),
]


def processes_that_answer(served: Served, least: int) -> set[int]:
    """Ask until so many have answered, each on connections of its own."""
    processes: set[int] = set()
    while len(processes) < least:
        answers = served.ask_at_once(20, "GET", "/connection?seconds=0.02")
        assert {answer.status for answer in answers} == {200}
        for answer in answers:
            answering, connected = json.loads(answer.text)
            assert answering == connected
            processes.add(answering)

    return processes


def test_no_two_processes_share_a_connection(serve: Serve, figure: Figure) -> None:
    served = serve(WEB_CONCURRENCY="2", CONNECT_BEFORE_FORK="yes")
    figure(f"{len(processes_that_answer(served, 2))} processes")


def test_no_two_processes_share_a_connection_that_was_there_before_the_fork(
    serve: Serve, figure: Figure
) -> None:
    served = serve("--preload", WEB_CONCURRENCY="2", CONNECT_BEFORE_FORK="yes")
    figure(f"{len(processes_that_answer(served, 2))} processes")


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
@pytest.mark.parametrize("kind", THREADS)
def test_uwsgi_mixes_up_no_answers_after_a_query_before_the_fork(
    start: Serve, figure: Figure
) -> None:
    needs.package("pyuwsgi")
    served = start(*UWSGI, CONNECT_BEFORE_FORK="yes")
    # Answers are mixed up only by chance where processes share a connection.
    processes_that_answer(served, 2)
    numbers = [str(number) for number in range(600)]
    with ThreadPoolExecutor(20) as clients:
        answers = clients.map(
            lambda number: served.ask("GET", f"/repeat?number={number}"), numbers
        )
        assert [answer.text for answer in answers] == numbers

    figure(f"{len(numbers)} of {len(numbers)}")


def test_a_worker_that_is_recycled_costs_no_request(
    serve: Serve, figure: Figure
) -> None:
    served = serve("--max-requests", "30")
    figure(f"{len(processes_that_answer(served, 2))} processes")


def test_a_worker_that_is_killed_is_replaced(serve: Serve, figure: Figure) -> None:
    served = serve()
    served.prepare()
    writer = threading.Thread(target=served.ask, args=["POST", "/count?seconds=30"])
    writer.start()
    served.wait_until(lambda: served.has_open_sessions(1))
    (worker,) = served.workers()
    os.kill(worker, signal.SIGKILL)
    writer.join()
    served.wait_until_it_answers()
    answers = served.ask_at_once(20, "POST", "/count")
    assert [answer.status for answer in answers] == [200] * 20
    assert served.ask("GET", "/read").text == "20"
    figure("20 of 20")


def test_a_reload_under_load_costs_no_request(serve: Serve, figure: Figure) -> None:
    served = serve(WEB_CONCURRENCY="2")
    served.prepare()
    enough = threading.Event()

    def keep_asking(_: int) -> list[int]:
        statuses = []
        while not enough.is_set():
            statuses.append(served.ask("GET", "/read?seconds=0.02").status)

        return statuses

    before = served.workers()
    with ThreadPoolExecutor(CLIENTS) as clients:
        lists = [clients.submit(keep_asking, number) for number in range(CLIENTS)]
        try:
            for _ in range(2):
                time.sleep(1)
                served.process.send_signal(signal.SIGHUP)

            served.wait_until(lambda: before.isdisjoint(served.workers()))
            time.sleep(1)
        finally:
            enough.set()

    statuses = [status for future in lists for status in future.result()]
    assert statuses.count(200) == len(statuses)
    figure(f"{len(statuses)} of {len(statuses)}")


def test_what_is_being_answered_is_finished_before_it_stops(
    serve: Serve, figure: Figure
) -> None:
    served = serve(THREADS="60", DATABASE_POOL_SIZE="60")
    served.prepare()
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [
            clients.submit(served.ask, "GET", "/read?seconds=8") for _ in range(CLIENTS)
        ]
        served.wait_until(lambda: served.has_open_sessions(CLIENTS))
        served.process.terminate()

    assert [answer.result().status for answer in answers] == [200] * CLIENTS
    assert served.process.wait(20) == 0
    figure(f"{CLIENTS} of {CLIENTS}")
