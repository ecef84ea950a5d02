"""The application as Gunicorn serves it, with the configuration of this project."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Gunicorn needs POSIX")

PROJECT = Path(__file__).parents[1]
WORKER = "{{ 'gevent' if cookiecutter.greenlet_support == 'yes' else 'gthread' }}"
AT_ONCE = "WORKER_CONNECTIONS" if WORKER == "gevent" else "THREADS"


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def server(migrated_database: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn"],
        cwd=PROJECT,
        env=os.environ
        | {
            "DATABASE_URL": migrated_database,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "SECRET_KEY": secrets.token_urlsafe(),
            "WEB_CONCURRENCY": "1",
        },
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield f"http://127.0.0.1:{port}", process
        process.kill()


def fetch(url: str) -> str:
    for _ in range(1000):
        try:
            with urllib.request.urlopen(url, timeout=60) as response:
                return str(response.read().decode())
        except URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise

        time.sleep(0.01)

    raise TimeoutError(url)


def test_gunicorn_serves_the_first_page_and_stops(
    server: tuple[str, "subprocess.Popen[str]"],
) -> None:
    url, process = server
    assert "<h1>" in fetch(url)

    process.terminate()
    log = process.communicate(timeout=20)[1]
    assert process.returncode == 0, log
    assert f"Using worker: {WORKER}" in log


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [("PORT", "65536", "65,535"), ("WEB_CONCURRENCY", "0", "1,000,000")]
    + [(AT_ONCE, "many", "1,000,000")],
)
def test_a_number_that_makes_no_sense_ends_the_start_with_one_line(
    name: str, value: str, most: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn"],
        cwd=PROJECT,
        env=os.environ | {name: value},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert ended.returncode == 1
    refusal = f"{name} is {value!r}; it must be a whole number from 1 to {most}"
    assert ended.stderr == f"Error: {refusal}\n"


def test_a_new_release_takes_over_without_a_pause(
    migrated_database: str, tmp_path: Path
) -> None:
    """By the program, as it cannot start anew what ``python -m`` has started."""
    log = tmp_path / "log"
    environment = os.environ | {
        "DATABASE_URL": migrated_database,
        "ENVIRONMENT": "development",
        "HOME": str(tmp_path),
        "PORT": str(free_port()),
        "SECRET_KEY": "test",
        "WEB_CONCURRENCY": "1",
        "XDG_RUNTIME_DIR": "",
    }
    program = Path(sys.executable).with_name("gunicorn")
    with log.open("w") as file:
        process = subprocess.Popen(
            [program, "--pid", tmp_path / "pid"],
            cwd=PROJECT,
            env=environment,
            stderr=file,
        )

    try:
        wait_for(log, "Booting worker", 1)
        process.send_signal(signal.SIGUSR2)
        wait_for(log, "Booting worker", 2)
        new = int((tmp_path / "pid.2").read_text())
        process.terminate()
        assert process.wait(20) == 0
        os.kill(new, signal.SIGTERM)
        wait_for(log, "Shutting down", 2)
    finally:
        process.kill()
        process.wait()

    # Nothing that another project of the same account would find.
    assert {path.name for path in tmp_path.iterdir()} <= {"log", "pid", "pid.2"}


def wait_for(log: Path, text: str, times: int) -> None:
    for _ in range(600):
        if log.read_text().count(text) >= times:
            return
        time.sleep(0.05)

    raise TimeoutError(log.read_text())
