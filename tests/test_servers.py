"""What the tests ask of their database servers happens, for real."""

import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy import create_engine
from sqlalchemy import Engine
from sqlalchemy import make_url
from sqlalchemy import NullPool
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.clusters import pgbouncer
from tests.conftest import started
from tests.conftest import url_of
from tests.proxies import counted
from tests.servers import MariaDB
from tests.servers import PostgreSQL
from tests.servers import Server
from tests.servers import wait_until

DRIVERS = {"PostgreSQL": "postgresql+psycopg", "MariaDB": "mariadb+pymysql"}


@pytest.fixture(params=DRIVERS)
def database(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def server(request: pytest.FixtureRequest, database: str) -> Server:
    server: PostgreSQL | MariaDB = request.getfixturevalue(f"{database.lower()}_server")
    return server


@pytest.fixture
def engine(request: pytest.FixtureRequest, database: str) -> Engine:
    """Return an engine without a pool, whose database has a table with a row."""
    url = make_url(url_of(database, request)).set(drivername=DRIVERS[database])
    # PyMySQL's connect_timeout ends when the server's port accepts.
    timeout = {"PostgreSQL": "connect_timeout", "MariaDB": "read_timeout"}[database]
    engine = create_engine(url, poolclass=NullPool, connect_args={timeout: 2})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE student (id INTEGER)"))
        connection.execute(text("INSERT INTO student VALUES (1)"))

    return engine


@pytest.fixture
def client(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def students(connection: Connection) -> int:
    count: int = connection.scalar(text("SELECT count(*) FROM student"))
    return count


def kill_and_start(server: Server) -> None:
    server.kill()
    server.start()


def pause_and_kill(server: Server) -> None:
    server.pause()
    kill_and_start(server)


def pause_and_restart(server: Server) -> None:
    server.pause()
    server.restart()


@pytest.mark.parametrize(
    "end",
    [
        Server.kill_connections,
        Server.restart,
        kill_and_start,
        pause_and_kill,
        pause_and_restart,
    ],
)
def test_a_held_connection_is_dead_and_a_new_one_sees_what_was_committed(
    server: Server, engine: Engine, client: Connection, end: Callable[[Server], None]
) -> None:
    assert students(client) == 1
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO student VALUES (2)"))

    end(server)
    with pytest.raises(OperationalError) as caught:
        students(client)

    assert caught.value.connection_invalidated
    with engine.connect() as connection:
        assert students(connection) == 2


def test_a_server_that_is_stopped_or_killed_refuses_connections(
    server: Server, engine: Engine
) -> None:
    for end in (server.stop, server.kill):
        end()
        with pytest.raises(OperationalError, match="refused"):
            engine.connect()

        server.stop()
        server.start()


def test_a_paused_server_does_not_answer_until_it_is_resumed(
    server: Server, engine: Engine, client: Connection
) -> None:
    server.pause()
    try:
        with pytest.raises(OperationalError, match=r"timeout|timed out"):
            engine.connect()
    finally:
        server.resume()

    assert students(client) == 1
    engine.connect().close()


def test_a_connection_of_a_client_is_listed_until_it_is_closed(
    server: Server, database: str, client: Connection
) -> None:
    function = {"PostgreSQL": "pg_backend_pid()", "MariaDB": "connection_id()"}
    id_ = client.scalar(text(f"SELECT {function[database]}"))
    assert server.connections() == {id_}
    client.close()
    wait_until(lambda: not server.connections())


def test_an_open_transaction_is_counted(server: Server, client: Connection) -> None:
    assert server.open_transactions() == 0
    students(client)
    assert server.open_transactions() == 1
    client.rollback()
    assert server.open_transactions() == 0


def test_idle_connections_end_after_the_time_that_is_set(
    server: Server, engine: Engine
) -> None:
    server.end_idle_connections_after(1)
    try:
        with engine.connect() as connection:
            students(connection)
            connection.rollback()
            time.sleep(1.5)
            with pytest.raises(OperationalError):
                students(connection)
    finally:
        server.end_idle_connections_after(None)

    with engine.connect() as connection:
        students(connection)
        connection.rollback()
        time.sleep(1.5)
        assert students(connection) == 1


def test_more_clients_than_the_pool_holds_are_served_by_pgbouncer(
    request: pytest.FixtureRequest, postgresql_server: PostgreSQL
) -> None:
    url = make_url(url_of("PostgreSQL", request))
    with started(lambda folder: pgbouncer(folder, postgresql_server, 2)) as bouncer:
        pooled = url.set(port=bouncer.port).render_as_string()

        def two_transactions(_: object) -> list[int]:
            with psycopg.connect(pooled) as client, client.cursor() as cursor:
                pids = []
                for _ in range(2):
                    cursor.execute("SELECT pg_backend_pid() FROM pg_sleep(0.01)")
                    pids += [pid for (pid,) in cursor]
                    client.commit()

                return pids

        with ThreadPoolExecutor(20) as clients:
            pids = sum(clients.map(two_transactions, range(20)), [])

        assert len(pids) == 40
        assert len(set(pids)) == 2
        assert postgresql_server.connections() == set(pids)

    wait_until(lambda: not postgresql_server.connections())


def test_round_trips_are_counted(postgresql_server: PostgreSQL) -> None:
    url = make_url(postgresql_server.url)
    with counted(postgresql_server.port) as trips:
        proxy = url.set(port=trips.port).render_as_string()
        with psycopg.connect(proxy, autocommit=True) as client:
            before = trips.count
            client.execute("SELECT 1")
            assert trips.count == before + 1

        with psycopg.connect(proxy) as client:
            before = trips.count
            client.execute("SELECT 1")
            client.rollback()
            assert trips.count == before + 3
