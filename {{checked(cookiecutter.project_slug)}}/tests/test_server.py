"""The application as Gunicorn serves it, with the configuration of this project."""

import os
import secrets
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
