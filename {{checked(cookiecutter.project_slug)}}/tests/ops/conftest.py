"""The application as Gunicorn serves it, with pages that tests need."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]

PAGES = """
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError

from my_flask_app.app import create_app
from my_flask_app.database import db


def create() -> object:
    app = create_app()
    for function in (query, fail, busy, stream):
        app.add_url_rule(f"/{function.__name__}", view_func=function)

    return app


def query():
    db.session.execute(text("SELECT version_num FROM alembic_version"))
    current_app.logger.info("asked")
    return "query"


def fail():
    raise ValueError("of the view")


def busy():
    raise TimeoutError("no connection is free")


def stream():
    yield "begun"
    raise ValueError("of the stream")
"""


@dataclass
class Server:
    """Gunicorn with one worker, and what it writes."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(self, path: str, *headers: str) -> bytes:
        """Return the answer to a request on a connection of its own."""
        with self.begin(path, *headers) as client:
            return end(client)

    def begin(self, path: str, *headers: str) -> socket.socket:
        """Send a request, but for its last line."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        lines = [f"GET {path} HTTP/1.1", "Host: a", "Connection: close", *headers, ""]
        client.sendall("\r\n".join(lines).encode())
        return client

    def lines(self, number: int) -> list[dict[str, Any]]:
        """Wait for lines that belong to requests, and return them."""
        until(lambda: self.log.read_text().count('"request_id"') >= number)
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if '"request_id"' in line]

    def stop(self) -> str:
        """End it, and return all that it has written."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        return self.log.read_text()


def end(client: socket.socket) -> bytes:
    client.sendall(b"\r\n")
    return b"".join(iter(lambda: client.recv(65536), b""))


def until(condition: Callable[[], Any]) -> Any:
    for _ in range(600):
        if found := condition():
            return found
        time.sleep(0.05)

    raise AssertionError("this has not happened")


@pytest.fixture
def serve(migrated_database: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts Gunicorn, with settings for its environment."""
    if os.name == "nt":
        pytest.skip("Gunicorn needs POSIX")

    (tmp_path / "pages.py").write_text(PAGES)
    servers = []

    def start(**settings: str) -> Server:
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]

        environment = os.environ | {
            "DATABASE_URL": migrated_database,
            "ENVIRONMENT": "production",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
            "WEB_CONCURRENCY": "1",
            **settings,
        }
        environment.pop("FLASK_DEBUG", None)
        log = tmp_path / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn"),
                    *("--pythonpath", str(tmp_path), "pages:create()"),
                ],
                cwd=PROJECT,
                env=environment,
                stderr=file,
            )

        server = Server(process, port, log)
        servers.append(server)
        until(lambda: "Booting worker" in log.read_text())
        return server

    yield start
    for server in servers:
        server.process.kill()
        server.process.wait()
