"""What is packed, logged and accepted by projects gives nothing away."""

import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from template_extension.catalogue import drivers
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import clean_environment
from tests.conftest import Project
from tests.conftest import run
from tests.scenarios.serving import Served
from tests.servers import free_port

# The releases in which a weakness was corrected, and what that was.
CORRECTED = {
    "flask": (3, 1, 3),  # CVE-2026-27205
    "gevent": (23, 9),  # CVE-2023-41419
    "gunicorn": (23,),  # CVE-2024-6827
    "jinja2": (3, 1, 6),  # CVE-2025-27516
    "mysql-connector-python": (9, 3),  # CVE-2025-30714
    "pg8000": (1, 31, 5),  # CVE-2025-61385
    "pymysql": (1, 1, 1),  # CVE-2024-36039
    "pytest": (9, 0, 3),  # CVE-2025-71176
    "python-dotenv": (1, 2, 2),  # CVE-2026-28684
    "werkzeug": (3, 1, 6),  # CVE-2026-27199
}
FLOOR = re.compile(r'"([\w.-]+)(?:\[\w+\])?>=([\d.]+)')

PASSWORD = "Kx7hunter"


def floors(text: str) -> dict[str, tuple[int, ...]]:
    return {
        name.lower(): tuple(map(int, version.split(".")))
        for name, version in FLOOR.findall(text)
    }


def test_no_release_with_a_known_weakness_is_accepted(bake: Bake) -> None:
    text = (bake(greenlet_support="yes").path / "pyproject.toml").read_text()
    found = floors(text)
    for driver in drivers().values():
        found |= floors(f'"{driver.requirement}"')

    assert found.keys() >= CORRECTED.keys()
    assert not {name for name, it in CORRECTED.items() if found[name] < it}


def test_only_the_example_of_settings_is_kept_and_packed(bake: Bake) -> None:
    project = bake()
    names = [".env", ".env.local", ".env.bak", "src/my_flask_app/.env.production"]
    for name in [*names, "instance/my_flask_app.db"]:
        file = project.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("secret")

    run("git", "init", "--quiet", folder=project.path)
    run("git", "add", "--all", folder=project.path)
    kept = run("git", "ls-files", folder=project.path).splitlines()
    project.python("-m", "hatchling", "build", "-d", "packed")
    for found in (kept, packed(project)):
        assert any(name.endswith("my_flask_app/app.py") for name in found)
        assert not [name for name in found if "instance/" in name]
        assert {Path(it).name for it in found if ".env" in it} <= {".env.example"}


def packed(project: Project) -> list[str]:
    [source] = (project.path / "packed").glob("*.tar.gz")
    [wheel] = (project.path / "packed").glob("*.whl")
    with tarfile.open(source) as archive, zipfile.ZipFile(wheel) as other:
        return archive.getnames() + other.namelist()


@pytest.mark.parametrize("greenlets", CHOICES["greenlet_support"])
def test_gunicorn_shows_no_setting_of_the_file_env(bake: Bake, greenlets: str) -> None:
    url = f"postgresql://me:{PASSWORD}@localhost/app"
    project = bake(database_url=url, greenlet_support=greenlets)
    assert PASSWORD in (project.path / ".env").read_text()
    shown = project.python("-m", "gunicorn", "--print-config")
    assert "DATABASE_URL=***" in shown
    assert PASSWORD not in shown


@pytest.fixture(scope="module", params=CHOICES["greenlet_support"])
def address(
    bake: Bake, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    project = bake(greenlet_support=request.param)
    project.python("-m", "flask", "db", "upgrade")
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    with log.open("wb") as output:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn"],
            cwd=project.path,
            env=clean_environment() | {"PORT": str(port), "PYTHONPATH": "src"},
            stderr=output,
        )

    server = Served(process, port, log)
    server.wait_until(lambda: server.ask("GET", "/add").status == 200)
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait()


FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("content_type", "chunked"),
    # Of a form in chunks, Werkzeug drops the rest, so that has no valid token.
    [(FORM, False), (FILES, False), (FILES, True), (FORM, True)],
)
def test_a_request_that_is_too_long_is_refused(
    address: str, content_type: str, chunked: bool
) -> None:
    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        yield from [b"x" * 100_000] * 200

    headers = {"Content-Type": content_type}
    if not chunked:
        headers["Content-Length"] = "20000072"

    with closing(HTTPConnection(address, timeout=60)) as connection:
        with suppress(OSError):  # It is not read to its end.
            connection.request("POST", "/add", body(), headers)

        status = connection.getresponse().status

    assert status == (400 if chunked and content_type == FORM else 413)
