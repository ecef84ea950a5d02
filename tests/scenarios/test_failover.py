"""Another server takes over; the one that was asked so far is read-only, or gone."""

import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from tests.clusters import pgbouncer
from tests.clusters import standby
from tests.conftest import started
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served
from tests.servers import MariaDB
from tests.servers import PostgreSQL
from tests.servers import postgresql

CLIENTS = 8
ADD = "/add/in-sql"

# What a client got, and when.
Seen = list[tuple[float, int]]
Pair = tuple[PostgreSQL, PostgreSQL]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return a primary and a standby, which has all that was acknowledged."""
    with ExitStack() as stack:
        primary = stack.enter_context(started(postgresql))
        yield (
            primary,
            stack.enter_context(started(lambda folder: standby(folder, primary))),
        )


def url_of(pair: Pair) -> str:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in pair)
    return f"postgresql://app@{hosts}/app?target_session_attrs=read-write"


def under_load(served: Served, change: Callable[[], float]) -> tuple[Seen, float]:
    """Return what clients get that count, while servers change places.

    :param change: what happens; it returns when another server was ready.
    """
    is_over = Event()

    def count(_: int) -> Seen:
        seen: Seen = []
        while not is_over.is_set():
            status = served.ask("POST", ADD).status
            seen.append((time.monotonic(), status))

        return seen

    with ThreadPoolExecutor(CLIENTS) as clients:
        results = clients.map(count, range(CLIENTS))
        try:
            time.sleep(0.5)
            ready = change()
            time.sleep(2)
        finally:
            is_over.set()

        return sorted(sum(results, [])), ready


def check(served: Served, seen: Seen, ready: float) -> str:
    """Check that nothing is lost or wrong, and return the figures."""
    statuses = [status for _, status in seen]
    done, refused = statuses.count(200), statuses.count(503)
    assert done + refused == len(seen), set(statuses)
    # What was being committed when the connection was lost may be there or not.
    assert done <= served.balances()[0] <= done + refused
    first = next(moment for moment, status in seen if moment > ready and status == 200)
    assert first - ready < 2
    return f"{done} stored, {refused} 503, again after {first - ready:.1f} s"


@pytest.mark.parametrize("database", ["PostgreSQL"])
def test_a_failover_loses_nothing_and_costs_no_error_but_503(
    serve: Serve, pair: Pair, figure: Figure
) -> None:
    primary, other = pair
    served = serve(DATABASE_URL=url_of(pair), WEB_CONCURRENCY="2")
    served.prepare()

    def fail_over() -> float:
        primary.kill()
        other.promote()
        return time.monotonic()

    figure(check(served, *under_load(served, fail_over)))


@pytest.mark.parametrize("database", ["PostgreSQL"])
def test_a_switchover_and_back_loses_nothing_and_costs_no_error_but_503(
    serve: Serve, pair: Pair, figure: Figure
) -> None:
    served = serve(DATABASE_URL=url_of(pair), WEB_CONCURRENCY="2")
    served.prepare()

    def switch_twice() -> float:
        for primary, other in (pair, pair[::-1]):
            primary.stop()
            other.promote()
            primary.follow(other)
            other.wait_for_standby()

        return time.monotonic()

    figure(check(served, *under_load(served, switch_twice)))


@pytest.mark.parametrize("database", ["PostgreSQL"])
def test_a_failover_behind_pgbouncer_loses_nothing_and_costs_no_error_but_503(
    serve: Serve, pair: Pair, figure: Figure
) -> None:
    primary, other = pair
    # It waits 15 seconds by default before it asks a server again that was down.
    settings = "server_login_retry = 1"
    with started(lambda folder: pgbouncer(folder, primary, 10, settings)) as bouncer:
        url = f"postgresql://app@127.0.0.1:{bouncer.port}/app"
        served = serve(DATABASE_URL=url, DATABASE_POOLER="yes", WEB_CONCURRENCY="2")
        served.prepare()

        def fail_over() -> float:
            primary.kill()
            other.promote()
            bouncer.lead_to(other)
            return time.monotonic()

        figure(check(served, *under_load(served, fail_over)))


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
def test_a_server_that_is_read_only_is_503_for_those_who_write_until_it_is_not(
    serve: Serve, server: "PostgreSQL | MariaDB", figure: Figure
) -> None:
    served = serve()
    served.prepare()
    assert served.ask("POST", ADD).status == 200
    server.refuse_writes(True)
    try:
        answers = served.ask_at_once(20, "POST", ADD)
        assert served.ask("GET", "/read").status == 200
    finally:
        server.refuse_writes(False)

    assert {answer.status for answer in answers} == {503}
    assert served.ask("POST", ADD).status == 200
    assert served.balances()[0] == 2
    figure(f"{len(answers)} of {len(answers)} 503")
