"""Pages of an application that is being served."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.servers import free_port


@contextmanager
def served(
    folder: Path, command: "Sequence[str | Path]", environment: dict[str, str]
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run what serves pages in a folder, on a free port.

    Yield the URL of the first page and the process, once it answers.
    """
    port = free_port()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url, process)
        yield url, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)

        process.communicate(timeout=30)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        return str(response.read().decode())


def wait_for(url: str, process: "subprocess.Popen[str]", seconds: float = 240) -> None:
    """Wait until a page is there; to install a project first may take minutes."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(process.communicate()[0])

        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        return bool(fetch(url))
    except (TimeoutError, URLError, ConnectionError):
        return False
