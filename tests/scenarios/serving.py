"""Generated projects as Gunicorn serves them, and the clients that ask them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from tests.conftest import clean_environment
from tests.conftest import Project
from tests.servers import free_port

GUNICORN = ["-m", "gunicorn", "probes:create_app()"]


@dataclass
class Answer:
    """What a client got; the status is 0 if that was no complete response."""

    status: int
    text: str
    headers: Mapping[str, str]


def own_connection() -> urllib3.PoolManager:
    """Return what asks once: that clients keep connections is not to be tested."""
    return urllib3.PoolManager(retries=False, headers={"Connection": "close"})


def receive(connection: HTTPConnection) -> Answer:
    """Return the answer to what was sent."""
    try:
        with closing(connection):
            response = connection.getresponse()
    except (HTTPError, HTTPException, OSError) as error:
        return Answer(0, repr(error), {})

    return Answer(response.status, response.data.decode(), response.headers)


class Served:
    """A project that is being served, and a way to ask it.

    :param process: the one that was started; Gunicorn's workers are its children.
    :param log: the file that it writes to.
    """

    def __init__(
        self, process: "subprocess.Popen[bytes]", port: int, log: Path
    ) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def ask(
        self, method: str, path: str, timeout: float = 60, **options: Any
    ) -> Answer:
        """Ask once.

        :param timeout: how many seconds the client waits for data.
        :param options: more of what urllib3 takes for a request.
        """
        try:
            with own_connection() as http:
                url = self.url + path
                response = http.request(method, url, timeout=timeout, **options)
        except HTTPError as error:
            return Answer(0, repr(error), {})

        return Answer(response.status, response.data.decode(), response.headers)

    def ask_at_once(self, number: int, method: str, path: str) -> list[Answer]:
        """Ask that often, and read the answers when all has been sent."""
        return self.ask_each_at_once([(method, path)] * number)

    def ask_each_at_once(self, requests: list[tuple[str, str]]) -> list[Answer]:
        # In one thread: of 500, some are so late between connecting and sending
        # that Gunicorn gives them up.
        asked = [self.send(method, path) for method, path in requests]
        return [receive(connection) for connection in asked]

    def send(self, method: str, path: str) -> HTTPConnection:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        with suppress(HTTPError, OSError):
            connection.request(method, path, headers={"Connection": "close"})

        return connection

    def hang_up(self, method: str, path: str) -> None:
        """Ask, read the beginning of the answer, and close the connection."""
        with own_connection() as http:
            response = http.request(
                method, self.url + path, preload_content=False, timeout=60
            )
            response.read(1)
            response.close()

    def prepare(self) -> None:
        """Have it create the tables, and 10 accounts with nothing in them."""
        answer = self.ask("POST", "/prepare")
        assert answer.status == 200, self.log.read_text()

    def balances(self) -> list[int]:
        """Return what the accounts hold."""
        found: list[int] = json.loads(self.ask("GET", "/balances").text)
        return found

    def has_open_sessions(self, number: int) -> bool:
        """Tell whether so many are open; for a project with one worker."""
        return f'"sessions":{number}}}' in self.ask("GET", "/leftovers").text

    def workers(self) -> set[int]:
        """Return the process numbers of Gunicorn's workers."""
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def has_no_leftovers(self) -> bool:
        """Tell whether no connection is in use and no session open.

        Only for a project with one worker, as it is asked by a request.
        """
        answer = self.ask("GET", "/leftovers")
        return answer.text == '{"connections":0,"sessions":0}\n'

    def wait_until_it_answers(self) -> None:
        self.wait_until(lambda: self.ask("GET", "/plain").status == 200)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait; a busy machine may need much of a minute to start a process.

        :raises RuntimeError: if it takes longer, or the process ends; the message
            is what it logged.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text())

            time.sleep(0.05)


@contextmanager
def served(
    project: Project,
    log: Path,
    arguments: Sequence[str],
    environment: dict[str, str],
) -> Iterator[Served]:
    """Serve a project on a free port.

    :param arguments: for Python.
    :param environment: what is to be set besides this process's own environment.
    """
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=project.path,
            env=clean_environment()
            | {"HOST": "127.0.0.1", "PORT": str(port), "PYTHONPATH": "src"}
            | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    try:
        running = Served(process, port, log)
        running.wait_until_it_answers()
        yield running
    finally:
        # With its workers, which its own signal would wait for.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

        process.wait()
