"""What ``docs/production.md`` of a project says, done as it says it."""

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import ExitStack
from pathlib import Path

import pytest
import urllib3
import yaml
from sqlalchemy import make_url

from tests.conftest import Bake
from tests.conftest import clean_environment
from tests.conftest import Project
from tests.conftest import run
from tests.needs import program
from tests.pages import wait_for
from tests.servers import free_port

GREENLETS = {"greenlet_support": "yes"}
LOCAL = "://app:secret@localhost/app"
NO_HEADERS: Mapping[str, str] = {}
KEY = "an-0123456789-abcdefghij-KLMNOPQRSTU"

PROBES = """
import os
import time

from flask import request
from flask import Response

from my_flask_app.app import create_app


def create():
    app = create_app()
    app.add_url_rule("/seen", view_func=seen, methods=["GET", "POST"])
    app.add_url_rule("/stream", view_func=stream)
    return app


def seen():
    request.get_data()
    return [request.remote_addr, request.host, request.scheme]


def stream():
    return Response(pieces(), headers={"X-Accel-Buffering": "no"})


def pieces():
    yield "first"
    while not os.path.exists("first-was-read"):
        time.sleep(0.02)

    yield "second"
"""

NGINX = """
daemon off;
user root;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {server}
}}
"""


def block(project: Project, language: str, number: int = 0) -> str:
    """Return a block of code of the page."""
    page = (project.path / "docs/production.md").read_text()
    found = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(found[number])


@contextmanager
def started(
    command: "list[str | Path]", folder: Path, **settings: str
) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment() | {"ENVIRONMENT": "production"} | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                process.kill()


@pytest.fixture(params=[{}, GREENLETS], ids=["threads", "greenlets"])
def proxied(
    request: pytest.FixtureRequest, bake: Bake, tmp_path: Path
) -> Iterator[tuple[Project, int]]:
    """Serve a project behind nginx, and yield it and nginx's port."""
    nginx = program("nginx", "nginx")
    project = bake(**request.param)
    (project.path / "probes.py").write_text(PROBES)
    port, behind = free_port(), free_port()
    server = block(project, "nginx")
    assert "listen 80;" in server and "127.0.0.1:5000" in server
    server = server.replace("listen 80;", f"listen 127.0.0.1:{port};")
    server = server.replace("127.0.0.1:5000", f"127.0.0.1:{behind}")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(folder=tmp_path, server=server))

    gunicorn: list[str | Path] = [sys.executable, "-m", "gunicorn", "probes:create()"]
    settings = {"PORT": str(behind), "PROXIES": "1", "SECRET_KEY": KEY}
    settings |= {"PYTHONPATH": "src", "THREADS": "2", "WORKER_CONNECTIONS": "2"}
    settings |= {"TRUSTED_HOSTS": "example.org", "WEB_CONCURRENCY": "1"}
    with ExitStack() as stack:
        stack.enter_context(started(gunicorn, project.path, **settings))
        command: list[str | Path] = [nginx, "-c", configuration, "-e", tmp_path / "log"]
        process = stack.enter_context(started(command, tmp_path))
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield project, port


def ask(
    port: int, path: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS
) -> tuple[int, bytes]:
    with urllib3.PoolManager(retries=False, headers={"Host": "example.org"}) as http:
        response = http.request(
            "POST" if body else "GET",
            f"http://127.0.0.1:{port}{path}",
            body=body or None,
            headers={"Host": "example.org", **headers},
            timeout=30,
        )
        return response.status, response.data


def test_behind_nginx_the_client_is_seen_and_believes_nobody(
    proxied: tuple[Project, int],
) -> None:
    port = proxied[1]
    lies = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    lies |= {"X-Forwarded-Host": "evil.example", "SCRIPT_NAME": "/seen"}
    assert ask(port, "/seen", headers=lies) == (
        200,
        b'["127.0.0.1","example.org","http"]\n',
    )
    assert ask(port, "/seen", b"x" * 1_000_000)[0] == 200
    assert ask(port, "/seen", b"x" * 1_100_000)[0] == 413


def test_behind_nginx_clients_that_send_half_a_request_stop_nobody(
    proxied: tuple[Project, int],
) -> None:
    port = proxied[1]
    half = b"POST /seen HTTP/1.1\r\nHost: example.org\r\nContent-Length: 9\r\n\r\nhalf"
    with ExitStack() as stack:
        for _ in range(20):
            address = ("127.0.0.1", port)
            client = stack.enter_context(socket.create_connection(address))
            client.sendall(half)

        assert ask(port, "/seen")[0] == 200


def test_behind_nginx_a_stream_that_says_so_arrives_piece_by_piece(
    proxied: tuple[Project, int],
) -> None:
    project, port = proxied
    with urllib3.PoolManager(headers={"Host": "example.org"}) as http:
        response = http.request(
            "GET",
            f"http://127.0.0.1:{port}/stream",
            preload_content=False,
            timeout=30,
        )
        assert response.read(5) == b"first"
        (project.path / "first-was-read").touch()
        assert response.read() == b"second"


@pytest.mark.parametrize("answers", [{}, GREENLETS], ids=["threads", "greenlets"])
def test_systemd_accepts_the_unit_and_what_it_starts_tells_when_it_serves(
    bake: Bake, tmp_path: Path, answers: dict[str, str]
) -> None:
    systemd_analyze = program("systemd-analyze", "systemd")
    project = bake(**answers)
    programs = project.path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("flask", "gunicorn"):
        (programs / name).symlink_to(Path(sys.executable).with_name(name))

    unit = tmp_path / "my_flask_app.service"
    text = block(project, "ini").replace("/srv/my_flask_app", str(project.path))
    unit.write_text(text)
    run(systemd_analyze, "verify", unit, folder=tmp_path)

    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert int(lines["TimeoutStopSec"]) > graceful_timeout(project)
    url = f"sqlite:///{tmp_path / 'app.db'}"
    settings = {"DATABASE_URL": url, "SECRET_KEY": KEY, "PYTHONPATH": "src"}
    settings |= {"ENVIRONMENT": "production", "PORT": str(free_port())}
    run(*lines["ExecStartPre"].split(), folder=project.path, **settings)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.settimeout(60)
        notified.bind(str(tmp_path / "notify"))
        settings["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        command: list[str | Path] = [*lines["ExecStart"].split()]
        with started(command, project.path, **settings) as process:
            assert notified.recv(1000).startswith(b"READY=1")
            page = f"http://127.0.0.1:{settings['PORT']}/readyz"
            wait_for(page, process)
            reload = lines["ExecReload"].replace("$MAINPID", str(process.pid))
            run(*reload.split(), folder=project.path)
            wait_for(page, process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def graceful_timeout(project: Project) -> int:
    text = (project.path / "gunicorn.conf.py").read_text()
    found = re.search(r"^graceful_timeout = (\d+)$", text, re.MULTILINE)
    assert found
    return int(found[1])


def test_the_procfile_releases_and_serves_on_the_port_of_the_platform(
    bake: Bake, tmp_path: Path
) -> None:
    project = bake()
    lines = block(project, "procfile").splitlines()
    release, web = (line.partition(": ")[2] for line in lines)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    url = f"sqlite:///{tmp_path / 'app.db'}"
    settings = {"DATABASE_URL": url, "SECRET_KEY": KEY, "PYTHONPATH": "src"}
    settings |= {"ENVIRONMENT": "production", "PATH": path, "PORT": str(free_port())}
    run("sh", "-c", release, folder=project.path, **settings)
    serve: list[str | Path] = ["sh", "-c", f"exec env {web}"]
    with started(serve, project.path, **settings) as process:
        wait_for(f"http://127.0.0.1:{settings['PORT']}/readyz", process)


@pytest.mark.parametrize(
    "url", ["sqlite:///app.db", f"postgresql{LOCAL}", f"mariadb{LOCAL}"]
)
def test_the_commands_before_containers_start_make_what_compose_needs(
    bake: Bake, tmp_path: Path, url: str
) -> None:
    project = bake(database_url=url)
    commands = block(project, "sh").splitlines()
    assert len(commands) <= 10
    script = [line for line in commands if not line.startswith(("docker", "curl"))]
    script[0] = f"cp -r {project.path} my_flask_app"
    run("sh", "-e", "-c", "\n".join(script), folder=tmp_path)

    folder = tmp_path / "my_flask_app"
    compose = yaml.safe_load((folder / "compose.production.yaml").read_text())
    for secret in compose["secrets"].values():
        assert (folder / secret["file"]).read_text().strip()

    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert "/secrets/" in (folder / ".gitignore").read_text().splitlines()
    if "database" in compose["services"]:
        written = make_url((folder / "secrets/database_url").read_text().strip())
        assert (written.host, written.database) == ("database", "app")
        password = (folder / "secrets/database_password").read_text().strip()
        assert written.password == password


def test_the_commands_for_systemd_install_a_project_that_can_be_served(
    bake: Bake, tmp_path: Path
) -> None:
    project = bake()
    commands = block(project, "sh", 1).splitlines()
    assert len(commands) <= 10
    assert commands[0].endswith(" /srv/my_flask_app")
    folder = tmp_path / "my_flask_app"
    shutil.copytree(project.path, folder, ignore=shutil.ignore_patterns(".env"))
    script = "\n".join(commands[1:4]).replace("/srv/my_flask_app", str(folder))
    run("sh", "-e", "-c", script, folder=tmp_path)

    programs = folder / ".venv" / "bin"
    url = f"sqlite:///{tmp_path / 'app.db'}"
    settings = {"DATABASE_URL": url, "SECRET_KEY": KEY, "FLASK_SKIP_DOTENV": "1"}
    settings |= {"FLASK_APP": "my_flask_app.app", "ENVIRONMENT": "production"}
    run(programs / "flask", "db", "upgrade", folder=folder, **settings)
    found = run(programs / "flask", "doctor", folder=folder, **settings)
    assert found.endswith(" ok, 0 wrong, 0 skipped\n")
