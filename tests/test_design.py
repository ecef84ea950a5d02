"""The examples of docs/design.md are the files themselves, and work as it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.conftest import ROOT
from tests.conftest import url_of

# What a person adds, by the path that the page names.
EXAMPLES = dict(
    re.findall(
        r"`(templates/\S+?\.py)`:\n\n```python\n(.*?)```",
        (ROOT / "docs/design.md").read_text(),
        re.DOTALL,
    )
)
DRIVER = "templates/driver/pg8000/src/my_flask_app/database/driver.py"
DIALECT = "templates/database/cockroachdb/src/my_flask_app/database/dialect.py"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return a copy of this template."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".*cache", "__pycache__")
    return Path(shutil.copytree(ROOT, tmp_path / "template", ignore=ignored))


def generate(
    template: Path, output: Path, url: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            *(sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"),
            *("--output-dir", output, template, f"database_url={url}"),
        ],
        cwd=output,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("path", [DRIVER, DIALECT])
def test_an_example_is_a_file_of_the_template(path: str) -> None:
    assert EXAMPLES[path] == (ROOT / path).read_text()


def test_a_driver_is_added_by_one_file(
    request: pytest.FixtureRequest, template: Path, tmp_path: Path, mypy_cache: Path
) -> None:
    url = url_of("PostgreSQL", request).replace("://", "+pg8000://", 1)
    shutil.rmtree(template / "templates/driver/pg8000")
    refused = generate(template, tmp_path, url)
    assert "accepted drivers for 'postgresql' are 'psycopg' and" in refused.stdout

    (template / DRIVER).parent.mkdir(parents=True)
    (template / DRIVER).write_text(EXAMPLES[DRIVER])
    accepted = generate(template, tmp_path, url)
    assert accepted.returncode == 0, accepted.stdout
    project = Project(tmp_path / "my_flask_app")
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "mypy", "--cache-dir", mypy_cache)
    assert "passed" in project.python("-m", "pytest", "-p", "no:cacheprovider")


def test_a_dialect_is_added_by_one_file(
    template: Path, tmp_path: Path, mypy_cache: Path
) -> None:
    url = "cockroachdb://me:secret@localhost/app"
    shutil.rmtree(template / "templates/database/cockroachdb")
    refused = generate(template, tmp_path, url)
    assert "accepted dialects are 'mariadb', 'mssql', 'mysql'," in refused.stdout

    (template / DIALECT).parent.mkdir(parents=True)
    (template / DIALECT).write_text(EXAMPLES[DIALECT])
    accepted = generate(template, tmp_path, url)
    assert accepted.returncode == 0, accepted.stdout
    project = Project(tmp_path / "my_flask_app")
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "mypy", "--cache-dir", mypy_cache)
