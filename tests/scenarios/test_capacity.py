"""A server that accepts as many connections as all pools have, and no more."""

import random
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from contextlib import suppress
from pathlib import Path

import psycopg
import pymysql  # type: ignore[import-untyped]
import pytest

from tests.conftest import started
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.servers import mariadb
from tests.servers import postgresql
from tests.servers import Server
from tests.servers import wait_until

INSTANCES, WORKERS, POOL = 2, 2, 3
CLIENTS = 40
REQUESTS = 10
PAGES = [
    ("GET", "/read"),
    ("GET", "/balances"),
    ("POST", "/count"),
    ("POST", "/transfer?source=1&target=2"),
]
Running = Callable[[Path, int], AbstractContextManager[Server]]
RUNNING: dict[str, Running] = {"PostgreSQL": postgresql, "MariaDB": mariadb}


@pytest.fixture
def small(database: str) -> Iterator[Server]:
    """Return a server that accepts just the connections of all pools."""
    limit = INSTANCES * WORKERS * POOL
    with started(lambda folder: RUNNING[database](folder, limit)) as server:
        yield server


@contextmanager
def without_a_free_connection(server: Server) -> Iterator[None]:
    """Let others have all connections that a server accepts."""
    server.kill_connections()
    with ExitStack() as others:
        with suppress(psycopg.OperationalError, pymysql.OperationalError):
            for _ in range(2 * server.limit):
                others.enter_context(closing(server.connect()))

        yield

    wait_until(server.answers)


@pytest.mark.parametrize("database", RUNNING)
def test_instances_times_workers_times_pool_are_enough_connections(
    serve: Serve, small: Server, figure: Figure
) -> None:
    settings = {"DATABASE_POOL_SIZE": str(POOL), "WEB_CONCURRENCY": str(WORKERS)}
    instances = [serve(DATABASE_URL=small.url, **settings) for _ in range(INSTANCES)]
    instances[0].prepare()

    def ask(client: int) -> list[int]:
        served = instances[client % INSTANCES]
        return [served.ask(*random.choice(PAGES)).status for _ in range(REQUESTS)]

    with ThreadPoolExecutor(CLIENTS) as clients:
        lists = list(clients.map(ask, range(CLIENTS)))

    assert lists == [[200] * REQUESTS] * CLIENTS
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}, {small.limit} connections")


@pytest.mark.parametrize("database", RUNNING)
def test_a_server_with_too_many_connections_is_503_until_it_has_fewer(
    serve: Serve, small: Server, figure: Figure
) -> None:
    served = serve(DATABASE_URL=small.url, DATABASE_POOL_SIZE=str(POOL))
    served.prepare()
    with without_a_free_connection(small):
        answers = served.ask_at_once(20, "POST", "/count")
        assert served.ask("GET", "/plain").status == 200

    assert {answer.status for answer in answers} == {503}
    assert all("Retry-After" in answer.headers for answer in answers)
    again = served.ask_at_once(20, "POST", "/count")
    assert {answer.status for answer in again} == {200}
    figure(f"{len(answers)} of {len(answers)} 503, then {len(again)} 200")
