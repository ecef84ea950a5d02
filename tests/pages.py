"""Pages of an application that is being served."""

import subprocess
import time
import urllib.request
from urllib.error import URLError

import pytest


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
