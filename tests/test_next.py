"""``make test-next`` cannot test a release by mistake."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.next import PACKAGES


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """Return a folder where the packages of this environment are the releases."""
    for name in PACKAGES:
        files = distribution(name).files or []
        (metadata,) = [file for file in files if file.name == "METADATA"]
        shutil.copytree(Path(metadata.locate()).parent, tmp_path / metadata.parent.name)

    return tmp_path


def change(released: Path, package: str, file: str, pattern: str, new: str) -> None:
    """Change what is known of a release."""
    folder = package.replace("-", "_")
    (path,) = released.glob(f"{folder}-*/{file}")
    text, number = re.subn(pattern, new, path.read_text(), count=1, flags=re.MULTILINE)
    assert number == 1
    path.write_text(text)


def set_version(released: Path, package: str, version: str) -> None:
    change(released, package, "METADATA", r"^Version: .*", f"Version: {version}")


def set_code(released: Path, package: str) -> None:
    change(released, package, "RECORD", r"\.py,sha256=.", ".py,sha256=")


def check(released: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.next", released],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("is_older", [False, True])
def test_a_release_is_refused_and_what_is_older(
    released: Path, package: str, is_older: bool
) -> None:
    for other in set(PACKAGES) - {package}:
        set_version(released, other, "0.1")
    if is_older:
        set_version(released, package, "99.0")

    result = check(released)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith(f"{package} ")
    assert "there is nothing newer to test" in result.stdout


@pytest.mark.parametrize(
    ("package", "status"), [("flask", 1), ("werkzeug", 1), ("flask-sqlalchemy", 0)]
)
def test_other_code_of_the_same_version_is_newer_only_of_flask_sqlalchemy(
    released: Path, package: str, status: int
) -> None:
    for other in set(PACKAGES) - {package}:
        set_version(released, other, "0.1")

    set_code(released, package)
    result = check(released)
    assert result.returncode == status, result.stdout
