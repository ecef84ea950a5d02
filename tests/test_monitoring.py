"""Sentry and OpenTelemetry work in a project as ``docs/production.md`` adds them."""

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.conftest import Bake
from tests.conftest import Project
from tests.conftest import run
from tests.pages import wait_for
from tests.servers import free_port
from tests.servers import wait_until
from tests.test_production import ask
from tests.test_production import block
from tests.test_production import KEY
from tests.test_production import started
from tests.versions import install
from tests.versions import new_environment
from tests.versions import requirements

PROBES = """
import os

from my_flask_app.app import create_app
from my_flask_app.database import db
from sqlalchemy import text


def create():
    app = create_app()
    app.add_url_rule("/ask", view_func=ask)
    app.add_url_rule("/fail", view_func=fail)
    return app


def ask():
    db.session.execute(text(f"SELECT {os.getpid()}"))
    return str(os.getpid())


def fail():
    secret = "of a variable"
    query = text("SELECT :value FROM nowhere")
    db.session.execute(query, {"value": "of a statement", "secret": secret})
"""

Received = list[tuple[str, bytes]]


@contextmanager
def collector(received: Received) -> Iterator[str]:
    """Serve what collects, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)

            received.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def add_as_the_page_says(project: Project) -> list[str]:
    """Add what is said, and return the names of the packages that are needed."""
    page = (project.path / "docs/production.md").read_text()
    found = re.search(r"^    (sentry_sdk\.init\(.*\))$", page, re.MULTILINE)
    assert found
    order = "`telemetry.trace_requests(app)` before `db.init_app(app)`, and"
    assert f"calls {order}\n`telemetry.trace_queries(app)` after it" in page
    package = project.path / "src/my_flask_app"
    (package / "telemetry.py").write_text(block(project, "python"))
    text = (package / "app.py").read_text()
    for line, added in [
        ("from flask import Flask\n", "import sentry_sdk\n"),
        ("from .config import load_config\n", "from . import telemetry\n"),
        ("    app = Flask(", f"    {found[1]}\n"),
        ("    db.init_app(app)\n", "    telemetry.trace_requests(app)\n"),
        ("    errors.init_app(app)\n", "    telemetry.trace_queries(app)\n"),
    ]:
        assert text.count(line) == 1
        text = text.replace(line, added + line)

    (package / "app.py").write_text(text)
    sentences = re.findall(r"Add\s([^.]*?) to the\s+dependencies", page)
    assert len(sentences) == 2
    return re.findall(r"`([\w-]+)`", " ".join(sentences))


@pytest.mark.parametrize(
    ("layer", "greenlets"), [("Flask-SQLAlchemy", "no"), ("SQLAlchemy", "yes")]
)
def test_each_worker_reports_errors_traces_and_metrics(
    bake: Bake, tmp_path: Path, layer: str, greenlets: str
) -> None:
    project = bake(sqlalchemy_layer=layer, greenlet_support=greenlets)
    added = add_as_the_page_says(project)
    new_environment(tmp_path)
    install(tmp_path, *requirements(project.path), *added)
    python = tmp_path / "bin/python"
    for command in [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]]:
        run(python, "-m", *command, folder=project.path)

    # With greenlets, pytest imports a module before it reads `pythonpath`.
    settings = {"PYTHONPATH": "src"}
    tests: list[str | Path] = ["tests/test_app.py", "tests/ops/test_request_log.py"]
    run(python, "-m", "pytest", *tests, folder=project.path, **settings)

    (project.path / "probes.py").write_text(PROBES)
    port = free_port()
    settings |= {"PORT": str(port), "SECRET_KEY": KEY}
    settings |= {"WEB_CONCURRENCY": "2", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
    settings |= {"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_SERVICE_NAME": "ours"}
    received: Received = []
    with collector(received) as address:
        settings["SENTRY_DSN"] = f"http://key@{address}/1"
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{address}"
        gunicorn: list[str | Path] = [python, "-m", "gunicorn", "probes:create()"]
        with started(gunicorn, project.path, **settings) as process:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            workers = both_workers(port)
            assert ask(port, "/fail")[0] == 500
            with suppress(TimeoutError):
                wait_until(lambda: not lacking(received, workers))

    assert lacking(received, workers) == []
    [error] = events(received)
    text = json.dumps(error)
    assert "SELECT ? FROM nowhere" in text
    assert "of a statement" not in error["exception"]["values"][-1]["value"]
    assert '"vars"' not in text


def both_workers(port: int) -> set[str]:
    workers: set[str] = set()

    def are_known() -> bool:
        status, data = ask(port, "/ask")
        assert status == 200
        workers.add(data.decode())
        return len(workers) == 2

    wait_until(are_known)
    return workers


def lacking(received: Received, workers: set[str]) -> list[str]:
    """Return what has not been received yet."""
    traces = b"".join(body for path, body in received if path == "/v1/traces")
    numbers = b"".join(body for path, body in received if path == "/v1/metrics")
    wanted = [(f"SELECT {worker}", traces) for worker in workers]
    wanted += [("GET /ask", traces), ("http.status_code", traces)]
    wanted += [("http.server.duration", numbers), ("ours", numbers)]
    missing = [text for text, body in wanted if text.encode() not in body]
    return missing if events(received) else [*missing, "event"]


def events(received: Received) -> "list[dict[str, Any]]":
    """Return the errors that Sentry was told of."""
    lines = [
        json.loads(line)
        for path, body in received
        if path == "/api/1/envelope/"
        for line in body.splitlines()
        if line.startswith(b"{")
    ]
    return [line for line in lines if "exception" in line]
