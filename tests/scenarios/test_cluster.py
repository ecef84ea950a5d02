"""Servers of the project on the nodes of a cluster, each of which can write."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import make_url

from tests.clusters import galera
from tests.clusters import GaleraNode
from tests.clusters import haproxy
from tests.conftest import started
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served

CLIENTS = 8


@pytest.fixture
def cluster() -> Iterator[list[GaleraNode]]:
    with started(galera) as nodes:
        yield nodes


def transfers(served: Served, is_over: Event) -> list[int]:
    """Transfer between accounts until it is over, and return what was answered."""
    statuses = []
    while not is_over.is_set():
        source, target = random.sample(range(10), 2)
        page = f"/transfer?source={source}&target={target}"
        statuses.append(served.ask("POST", page).status)

    return statuses


def trouble(first: GaleraNode, second: GaleraNode, third: GaleraNode) -> None:
    """Let a node die and come back, be alone, and then none have a majority."""
    third.kill()
    time.sleep(1)
    third.start()
    for isolated in ([first], [first, second]):
        for node in isolated:
            node.isolate(True)
        for node in isolated:
            node.wait_for("non-Primary")

        time.sleep(1)
        for node in isolated:
            node.isolate(False)
        for node in (first, second, third):
            node.wait_for("Primary")


def transfer_in_trouble(servers: list[Served], cluster: list[GaleraNode]) -> str:
    """Transfer while nodes come and go, check the answers, and return the figures."""
    servers[0].prepare()
    is_over = Event()
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [
            clients.submit(transfers, servers[number % 2], is_over)
            for number in range(CLIENTS)
        ]
        try:
            time.sleep(1)
            trouble(*cluster)
            time.sleep(1)
        finally:
            is_over.set()

    statuses = [status for each in asked for status in each.result()]
    done, refused = statuses.count(200), statuses.count(503)
    assert done + refused == len(statuses), set(statuses)
    assert done and refused
    for served in servers:
        assert served.ask("POST", "/transfer?source=1&target=2").status == 200
        assert sum(served.balances()) == 0

    return f"{done} done, {refused} 503"


@pytest.mark.parametrize("database", ["MariaDB"])
def test_transfers_on_nodes_of_a_cluster_keep_the_sum_and_cost_no_error_but_503(
    serve: Serve, cluster: list[GaleraNode], figure: Figure
) -> None:
    servers = [serve(DATABASE_URL=node.url) for node in cluster[:2]]
    figure(transfer_in_trouble(servers, cluster))


@pytest.mark.parametrize("database", ["MariaDB"])
def test_transfers_through_haproxy_keep_the_sum_and_cost_no_error_but_503(
    serve: Serve, cluster: list[GaleraNode], figure: Figure
) -> None:
    with started(lambda folder: haproxy(folder, cluster)) as port:
        url = make_url(cluster[0].url).set(port=port)
        shown = url.render_as_string(hide_password=False)
        servers = [serve(DATABASE_URL=shown) for _ in range(2)]
        figure(transfer_in_trouble(servers, cluster))
