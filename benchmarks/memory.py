"""The memory of a worker of Gunicorn that has answered requests; needs Linux."""

import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.error import URLError

from tests.servers import free_port

from . import table
from .compared import Application
from .compared import PAGE
from .turns import in_turns

TITLE = "Memory (PSS) of a worker, MB"
AIM = 1.15

# What the generated projects have in their settings for Gunicorn.
OPTIONS = {
    "threads": ["--threads=8", "--env=DATABASE_POOL_SIZE=8"],
    "gevent": [
        "--worker-class=gevent",
        "--worker-connections=100",
        "--env=DATABASE_POOL_SIZE=20",
    ],
}

CLIENTS = 8
REQUESTS = 200
ROUNDS = 2


def compare(
    worker: str,
    projects: Mapping[str, Path],
    empty: Path,
    database_url: str,
    aim: float | None,
) -> None:
    """Compare with SQLAlchemy Core in the same kind of worker.

    :param worker: ``"threads"`` or ``"gevent"``.
    :param projects: the generated projects with that kind of worker, by their layers.
    :param empty: a folder to start the other application in.
    """
    core = Application("core", empty, database_url)
    generated = {
        f"Generated, {layer}, {worker}": Application("generated", folder, database_url)
        for layer, folder in projects.items()
    }
    samples = in_turns(
        {f"SQLAlchemy Core, {worker}": partial(megabytes, core, *OPTIONS[worker])}
        | {name: partial(megabytes, project) for name, project in generated.items()},
        ROUNDS,
    )
    table.show(TITLE, samples, {} if aim is None else dict.fromkeys(generated, aim))


def megabytes(application: Application, *options: str) -> float:
    """Return the memory of a worker whose threads have all been at work.

    It is the proportional set size: what several processes share counts in parts.
    """
    with served(application, *options) as (process, url):
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(fetch, [url] * REQUESTS))

        rollup = Path(f"/proc/{child(process)}/smaps_rollup").read_text()

    (kilobytes,) = re.findall(r"^Pss: +(\d+) kB$", rollup, re.MULTILINE)
    return int(kilobytes) * 1024 / 1e6


@contextmanager
def served(
    application: Application, *options: str
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Serve an application by one worker; yield Gunicorn's process and the page's URL.

    A generated project brings its own settings for Gunicorn.
    """
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}{PAGE}"
    process = application.start(
        *("gunicorn", "--bind", address, "--workers=1", "--log-level=warning"),
        *(*options, f"{application.full_name}:create_app()"),
    )
    try:
        wait_until_served(process, url)
        yield process, url
    finally:
        process.terminate()
        process.wait()


def wait_until_served(process: "subprocess.Popen[str]", url: str) -> None:
    while process.poll() is None:
        try:
            return fetch(url)
        except ConnectionError:
            time.sleep(0.05)
        except URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise

            time.sleep(0.05)

    raise subprocess.CalledProcessError(process.returncode, process.args)


def fetch(url: str) -> None:
    with urllib.request.urlopen(url, timeout=30) as response:
        response.read()


def child(process: "subprocess.Popen[str]") -> int:
    """Return the only child of a process, the worker of a Gunicorn that has one."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    (pid,) = children.split()
    return int(pid)
