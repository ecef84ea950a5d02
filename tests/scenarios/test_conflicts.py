"""Transactions that get in each other's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Answer
from tests.scenarios.serving import Served

TIMES = 100

# How many clients add one to a number at the same time.
CLIENTS = 40


def test_transfers_in_opposite_order_all_succeed_and_the_sum_is_kept(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    transfer_in_opposite_order(served, "")
    nothing_is_left(served)
    figure(f"{2 * TIMES} of {2 * TIMES}")


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
def test_transfers_at_the_default_level_all_succeed_and_the_sum_is_kept(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    transfer_in_opposite_order(served, "&default-level=yes")
    nothing_is_left(served)
    figure(f"{2 * TIMES} of {2 * TIMES}")


def transfer_in_opposite_order(served: Served, options: str) -> None:
    served.prepare()

    def transfer(accounts: str) -> list[int]:
        path = f"/transfer?{accounts}&seconds=0.001{options}"
        return [served.ask("POST", path).status for _ in range(TIMES)]

    with ThreadPoolExecutor(2) as clients:
        statuses = clients.map(transfer, ["source=1&target=2", "source=2&target=1"])
        assert list(statuses) == [[200] * TIMES] * 2

    assert served.balances() == [0] * 10


def test_no_update_is_lost_in_run_transaction(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    figure(kept_of_all(served, "run-transaction"))
    nothing_is_left(served)


def test_no_update_is_lost_by_views_that_lock_what_they_read(
    serve: Serve, figure: Figure
) -> None:
    figure(kept_of_all(serve(), "locked"))


def test_no_update_is_lost_by_views_that_add_in_sql(
    serve: Serve, figure: Figure
) -> None:
    figure(kept_of_all(serve(), "in-sql"))


def kept_of_all(served: Served, how: str) -> str:
    answers = add(served, how)
    assert [answer.status for answer in answers] == [200] * CLIENTS
    assert served.balances()[0] == CLIENTS
    return f"{CLIENTS} of {CLIENTS}"


def test_an_update_of_a_counted_version_is_stored_or_409(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    statuses = [answer.status for answer in add(served, "counted")]
    stored, refused = statuses.count(200), statuses.count(409)
    assert stored + refused == CLIENTS
    assert served.ask("GET", "/counted").text == str(stored)
    nothing_is_left(served)
    figure(f"{stored} stored, {refused} refused")


def test_views_that_take_no_care_lose_updates_on_a_server_alone(
    serve: Serve, figure: Figure, database: str
) -> None:
    served = serve()
    # MariaDB from 11.6 on refuses what it would have lost.
    answers = add(served, "naive")
    kept = served.balances()[0]
    assert {answer.status for answer in answers} <= {200, 503}
    assert (kept == CLIENTS) == (database == "SQLite")
    figure(f"{kept} of {CLIENTS}")


def add(served: Served, how: str) -> list[Answer]:
    served.prepare()
    return served.ask_at_once(CLIENTS, "POST", f"/add/{how}?seconds=0.005")
