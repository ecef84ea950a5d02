"""More requests than the database has connections, or turns to write, for."""

from collections import Counter

import pytest

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve

POOL = {"DATABASE_POOL_SIZE": "10", "THREADS": "200", "WORKER_CONNECTIONS": "250"}


def test_200_requests_on_a_pool_of_10_are_all_answered(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve(**POOL)
    served.prepare()
    answers = served.ask_at_once(200, "GET", "/read?seconds=0.01")
    assert Counter(answer.status for answer in answers) == {200: 200}
    nothing_is_left(served)
    figure("200 of 200")


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
def test_what_cannot_have_a_connection_in_time_is_503_and_nothing_is_left(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve(DATABASE_TIMEOUT="1", **POOL)
    served.prepare()
    answers = served.ask_at_once(60, "GET", "/read?seconds=2")
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() == {200, 503}
    assert statuses[200] >= 10
    nothing_is_left(served)
    figure(f"{statuses[200]} answered, {statuses[503]} 503")


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
def test_requests_that_have_all_connections_do_not_wait_for_more_of_each_other(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve(DATABASE_TIMEOUT="5", **POOL)
    served.prepare()
    answers = served.ask_at_once(40, "GET", "/nest?seconds=0.05")
    assert Counter(answer.status for answer in answers) == {200: 40}
    nothing_is_left(served)
    figure("40 of 40")


@pytest.mark.parametrize("database", ["SQLite"])
def test_what_cannot_have_a_turn_to_write_in_time_is_503_and_nothing_is_left(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve(DATABASE_TIMEOUT="1")
    served.prepare()
    answers = served.ask_at_once(20, "POST", "/count?seconds=0.4")
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() == {200, 503}
    assert served.ask("GET", "/read").text == str(statuses[200])
    nothing_is_left(served)
    figure(f"{statuses[200]} answered, {statuses[503]} 503")
