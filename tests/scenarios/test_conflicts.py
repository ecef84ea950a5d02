"""Transactions that get in each other's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served

TIMES = 100


def test_transfers_in_opposite_order_all_succeed_and_the_sum_is_kept(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    transfer_in_opposite_order(served, "")
    nothing_is_left(served)
    figure(f"{2 * TIMES} of {2 * TIMES}")


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
def test_serializable_transfers_all_succeed_and_the_sum_is_kept(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    transfer_in_opposite_order(served, "&serializable=yes")
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
