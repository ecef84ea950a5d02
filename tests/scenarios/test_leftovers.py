"""However requests end, they leave nothing behind."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import GREENLETS
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served

WAYS = ["", "error", "database-error", "abort", "teardown", "teardown-and-error"]
ENDINGS = [f"/stumble?how={how}" for how in [*WAYS, "nested"]]


def test_no_transaction_stays_open_after_errors_aborts_and_broken_streams(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    served.prepare()
    requests = ["/stream", *ENDINGS, "/count"] * 12
    random.shuffle(requests)

    def ask(path: str) -> None:
        if path == "/stream":
            served.hang_up("POST", path)
        else:
            served.ask("POST", path)

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(ask, requests))

    nothing_is_left(served)
    assert served.balances() == [12, *[0] * 9]
    figure(f"{len(requests)} requests")


def test_after_a_database_error_the_error_page_can_ask_the_database(
    serve: Serve, figure: Figure
) -> None:
    served = serve()
    served.prepare()
    answers = served.ask_at_once(20, "POST", "/stumble?how=database-error")
    assert {answer.status for answer in answers} == {500}
    # Werkzeug's own page, which would be there instead, has no style.
    assert all("style.css" in answer.text for answer in answers)
    figure("20 of 20")


@pytest.mark.parametrize("kind", GREENLETS)
def test_a_transaction_is_all_or_nothing_when_a_greenlet_is_killed(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    figure(strike(served, "kill"))
    nothing_is_left(served)


@pytest.mark.parametrize("kind", GREENLETS)
def test_a_transaction_is_all_or_nothing_when_a_greenlet_times_out(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    figure(strike(served, "timeout"))
    nothing_is_left(served)


def strike(served: Served, how: str) -> str:
    """Strike greenlets in the middle of their transfers from account 1 to 2."""
    served.prepare()
    # From a millisecond to a second, so that some come too late on a slow machine, too.
    times = [2 ** (number / 10) / 1000 for number in range(100)]
    strikes = [f"/be-struck?how={how}&seconds={seconds:.4f}" for seconds in times]
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda path: served.ask("POST", path), strikes))

    _, one, other, *_ = served.balances()
    assert one + other == 0
    assert other > 0
    assert served.ask("POST", "/transfer?source=2&target=1").status == 200
    return f"{len(strikes)} struck, {other} transfers"
