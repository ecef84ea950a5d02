"""Many requests and many faults, for a long time, leave a worker as it was."""

import itertools
import json
import random
import sqlite3
import statistics
import time
from collections.abc import Callable
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from http.client import HTTPException
from threading import Event
from urllib.parse import urlsplit

import psutil
import pytest
from sqlalchemy import make_url

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served
from tests.servers import Server

pytestmark = pytest.mark.torture

CLIENTS = 16
REQUESTS = 50_000
WARM_UP = 10_000
SAMPLE_EVERY = 1_000
WINDOW = 5_000

# One for each client, and some for contexts that are nested in their requests.
POOL_SIZE = 20

# In KiB per 1,000 requests. It is 1,000 if the sessions, closed, are kept in a list.
FLAT = 100

# With a heap for each thread, memory that was freed is not always used again.
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True)
class Page:
    """What clients ask for.

    :param weight: how often they do, compared with others.
    :param statuses: what it may have; 0 is an answer that breaks off.
    :param in_faults: what it may have besides when the database fails meanwhile.
    """

    method: str
    path: str
    weight: float
    statuses: frozenset[int] = frozenset({200})
    in_faults: frozenset[int] = frozenset({503})


def stumble(how: str, status: int) -> Page:
    return Page("POST", f"/stumble?how={how}", 0.5, frozenset({status}))


def be_struck(how: str, status: int) -> Page:
    path = f"/be-struck?how={how}&seconds=0.02"
    return Page("POST", path, 0.2, frozenset({200, status}))


def transfer(source: int, target: int) -> Page:
    """Return a page that conflicts with others of its kind, but not with stumbles.

    PostgreSQL might choose what stumbles to end a deadlock of two transfers.
    """
    return Page("POST", f"/transfer?source={source}&target={target}", 0.2)


PLAIN = Page("GET", "/plain", 30, in_faults=frozenset())
READ = Page("GET", "/read", 30)
BALANCES = Page("GET", "/balances", 20)
COUNT = Page("POST", "/count", 6)
# Its fault comes after Flask's error handlers, when Gunicorn asks for the first part.
STREAM = Page("POST", "/stream", 0.5, in_faults=frozenset({500}))
PAGES = [
    *(PLAIN, READ, BALANCES, COUNT, STREAM),
    *(transfer(*accounts) for accounts in itertools.permutations(range(3, 9), 2)),
    stumble("", 200),
    stumble("error", 500),
    stumble("database-error", 500),
    stumble("abort", 409),
    stumble("teardown", 500),
    stumble("teardown-and-error", 500),
    stumble("nested", 500),
]
# Gunicorn answers after a timeout; a greenlet that is killed cannot.
STRIKES = [be_struck("timeout", 500), be_struck("kill", 0)]


@dataclass(frozen=True)
class Period:
    start: float
    end: float

    def overlaps(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True)
class Surprise:
    """An answer that only a fault explains."""

    page: Page
    status: int
    period: Period

    def is_explained_by(self, faults: list[Period]) -> bool:
        return self.status in self.page.in_faults and any(
            map(self.period.overlaps, faults)
        )


class Crowd:
    """Clients that ask for pages, and check what they are told.

    :param pages: what they choose from at random.
    """

    def __init__(self, served: Served, pages: list[Page]) -> None:
        self.port = urlsplit(served.url).port
        weights = [page.weight for page in pages]
        # The clients share the iterator, which no two of them can advance at once.
        self.pages = enumerate(random.choices(pages, weights, k=REQUESTS))
        (worker,) = served.workers()
        self.worker = psutil.Process(worker)
        self.memory: dict[int, float] = {}
        self.counting: list[Page] = []
        self.counted: list[Page] = []
        self.surprises: list[Surprise] = []

    def visit(self) -> None:
        """Ask, as one of the clients, until all pages have been asked for."""
        for number, page in self.pages:
            if number % SAMPLE_EVERY == 0:
                self.memory[number] = self.worker.memory_info().rss / 1024

            self.visit_page(page)

    def visit_page(self, page: Page) -> None:
        if page is COUNT:
            self.counting.append(page)

        counted = len(self.counted)
        start = time.monotonic()
        status, text = self.ask(page)
        if status not in page.statuses:
            period = Period(start, time.monotonic())
            self.surprises.append(Surprise(page, status, period))
        elif status == 200:
            self.check(page, text, counted)

    def ask(self, page: Page) -> tuple[int, str]:
        """Return the status and the text, or the beginning of a stream.

        It takes two thirds of the processor time that ``Served.ask`` does.
        """
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            try:
                connection.request(
                    page.method, page.path, headers={"Connection": "close"}
                )
                with connection.getresponse() as response:
                    text = response.read(1 if page is STREAM else None)
            except (ConnectionError, HTTPException):
                return 0, ""

        return response.status, text.decode()

    def check(self, page: Page, text: str, counted: int) -> None:
        """Check a page that was asked for when so many counts had been answered."""
        if page is PLAIN:
            assert text == "plain"
        elif page is READ:
            assert counted <= int(text) <= len(self.counting)
        elif page is COUNT:
            self.counted.append(page)
            assert counted < int(text) <= len(self.counting)
        elif page is BALANCES:
            count, *others = json.loads(text)
            assert counted <= count <= len(self.counting)
            assert sum(others) == 0


Fault = Callable[[], None]


@pytest.fixture
def faults(
    database: str, database_url: str, request: pytest.FixtureRequest
) -> Iterable[Fault]:
    """Return what happens to the database, one after the other, without an end."""
    if database == "SQLite":
        return itertools.repeat(lambda: hold_write_lock(database_url))

    server: Server = request.getfixturevalue("server")
    return itertools.cycle([*[server.kill_connections] * 5, server.restart])


def hold_write_lock(database_url: str) -> None:
    file = f"{make_url(database_url).database}"
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    with closing(connection):
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(random.uniform(0.1, 0.3))


def cause(faults: Iterable[Fault], ended: Event) -> list[Period]:
    """Cause faults at random, and return when they were, when something has ended."""
    periods = []
    for fault in faults:
        if ended.wait(random.uniform(1, 5)):
            break

        start = time.monotonic()
        fault()
        periods.append(Period(start, time.monotonic()))

    return periods


def let_visit(crowd: Crowd, faults: Iterable[Fault]) -> list[Period]:
    """Let all clients ask until they are done, and return when faults were."""
    ended = Event()
    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        periods = threads.submit(cause, faults, ended)
        try:
            clients = [threads.submit(crowd.visit) for _ in range(CLIENTS)]
            for client in clients:
                client.result()
        finally:
            ended.set()

    return periods.result()


def growth(memory: dict[int, float]) -> float:
    """Return by how much memory usually grew with 1,000 requests, after a while.

    It is the median of slopes. A leak is in each of them, but only one has the step
    that is left from when more was in use at once than before, as after a restart.
    """
    slopes = []
    for first in range(WARM_UP, REQUESTS, WINDOW):
        numbers = range(first, first + WINDOW, SAMPLE_EVERY)
        used = [memory[number] for number in numbers]
        slopes.append(1000 * statistics.linear_regression(numbers, used).slope)

    return statistics.median(slopes)


def test_a_long_run_with_faults_leaks_nothing_and_has_no_wrong_answer(
    serve: Serve,
    kind: tuple[str, str],
    database: str,
    faults: Iterable[Fault],
    figure: Figure,
    nothing_is_left: Check,
    request: pytest.FixtureRequest,
) -> None:
    served = serve(DATABASE_POOL_SIZE=str(POOL_SIZE), **ONE_HEAP)
    served.prepare()
    _, concurrency = kind
    pages = PAGES + STRIKES if concurrency == "greenlets" else PAGES
    crowd = Crowd(served, pages)
    periods = let_visit(crowd, faults)

    unexplained = [
        surprise
        for surprise in crowd.surprises
        if not surprise.is_explained_by(periods)
    ]
    assert unexplained == []
    assert served.workers() == {crowd.worker.pid}
    count, *others = served.balances()
    assert len(crowd.counted) <= count <= len(crowd.counting)
    assert sum(others) == 0
    nothing_is_left(served)
    if database == "SQLite":
        # A request that writes waits for its turn.
        assert crowd.surprises == []
    else:
        server: Server = request.getfixturevalue("server")
        assert len(server.connections()) <= POOL_SIZE

    grown = growth(crowd.memory)
    assert grown < FLAT, crowd.memory
    figure(
        f"{REQUESTS:,} requests, {len(periods)} faults,"
        f" {len(crowd.surprises)} requests hit by them, {grown:+.0f} KiB per 1,000"
    )
