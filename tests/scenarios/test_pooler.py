"""The project behind PgBouncer in transaction mode."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import make_url

from tests.clusters import pgbouncer
from tests.conftest import started
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.servers import PostgreSQL

CLIENTS = 50
REQUESTS = 20


@pytest.mark.parametrize("database", ["PostgreSQL"])
def test_behind_pgbouncer_50_clients_of_two_workers_meet_no_error(
    serve: Serve, server: PostgreSQL, database_url: str, figure: Figure
) -> None:
    with started(lambda folder: pgbouncer(folder, server, 10)) as bouncer:
        url = make_url(database_url).set(port=bouncer.port)
        served = serve(
            WEB_CONCURRENCY="2",
            DATABASE_URL=url.render_as_string(hide_password=False),
            DATABASE_POOLER="yes",
        )
        served.prepare()

        def ask(_: int) -> list[int]:
            return [served.ask(*random.choice(PAGES)).status for _ in range(REQUESTS)]

        with ThreadPoolExecutor(CLIENTS) as clients:
            lists = list(clients.map(ask, range(CLIENTS)))

    assert lists == [[200] * REQUESTS] * CLIENTS
    figure(f"{CLIENTS * REQUESTS} of {CLIENTS * REQUESTS}")


PAGES = [
    ("GET", "/read"),
    ("GET", "/balances"),
    ("POST", "/count"),
    ("POST", "/transfer?source=1&target=2"),
]
