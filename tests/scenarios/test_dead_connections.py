"""Connections that ended while nobody used them cost no request."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import make_url

from tests.proxies import counted
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served
from tests.servers import Server

pytestmark = pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])

CLIENTS = 20


@pytest.fixture
def busy(serve: Serve) -> Served:
    """Return a project that has used many connections, all of them idle now."""
    served = serve()
    served.prepare()
    served.ask_at_once(CLIENTS, "GET", "/read?seconds=0.05")
    return served


def next_requests(busy: Served) -> str:
    answers = busy.ask_at_once(2 * CLIENTS, "GET", "/read?seconds=0.05")
    assert {answer.status for answer in answers} == {200}
    return f"{len(answers)} of {len(answers)}"


def test_no_request_fails_after_the_server_ended_every_connection(
    busy: Served, server: Server, figure: Figure
) -> None:
    assert len(server.connections()) > 1
    server.kill_connections()
    figure(next_requests(busy))


def test_no_request_fails_after_a_restart_of_the_server(
    busy: Served, server: Server, figure: Figure
) -> None:
    server.restart()
    figure(next_requests(busy))


def test_no_request_fails_after_a_crash_of_the_server(
    busy: Served, server: Server, figure: Figure
) -> None:
    server.kill()
    server.start()
    figure(next_requests(busy))


def test_no_request_fails_after_the_idle_timeout_of_the_server(
    serve: Serve, server: Server, figure: Figure, request: pytest.FixtureRequest
) -> None:
    server.end_idle_connections_after(1)
    try:
        busy: Served = request.getfixturevalue("busy")
        busy.wait_until(lambda: not server.connections())
        figure(next_requests(busy))
    finally:
        server.end_idle_connections_after(None)


def test_a_connection_that_dies_after_its_last_query_costs_no_answer(
    busy: Served, server: Server, figure: Figure
) -> None:
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [clients.submit(busy.ask, "GET", "/read?seconds=3") for _ in range(6)]
        busy.wait_until(lambda: server.open_transactions() == 6)
        # A transaction begins a moment before its first query.
        time.sleep(0.5)
        server.kill_connections()

    assert {answer.result().status for answer in answers} == {200}
    figure("6 of 6")


def test_looking_at_a_healthy_connection_costs_no_round_trip(
    serve: Serve, database_url: str, figure: Figure
) -> None:
    url = make_url(database_url)
    assert url.port
    with counted(url.port) as proxy:
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        served = serve(DATABASE_URL=through)
        served.prepare()

        def round_trips(method: str, path: str) -> float:
            # The first times, psycopg has statements prepared.
            for _ in range(10):
                served.ask(method, path)

            before = proxy.count
            for _ in range(10):
                assert served.ask(method, path).status == 200

            return (proxy.count - before) / 10

        reading = round_trips("GET", "/read")
        writing = round_trips("POST", "/transfer?source=1&target=2")

    # BEGIN, the query and ROLLBACK; BEGIN, two queries, two updates and COMMIT.
    # PyMySQL has no BEGIN, but the isolation level of run_transaction, and the pool's
    # own ROLLBACK after a COMMIT.
    is_postgresql = url.get_backend_name() == "postgresql"
    assert (reading, writing) == ((3, 6) if is_postgresql else (2, 7))
    figure(f"read: {reading:.0f}, write: {writing:.0f}")
