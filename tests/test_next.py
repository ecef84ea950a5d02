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
    (path,) = released.glob(f"{package}-*/{file}")
    text, number = re.subn(pattern, new, path.read_text(), count=1, flags=re.MULTILINE)
    assert number == 1
    path.write_text(text)


def check(released: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.next", released],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("package", ["flask", "werkzeug", "flask_sqlalchemy"])
@pytest.mark.parametrize("version", [None, "99.0"])
def test_a_release_is_refused_and_what_is_older(
    released: Path, package: str, version: str | None
) -> None:
    for name in {"flask", "werkzeug", "flask_sqlalchemy"} - {package}:
        change(released, name, "METADATA", r"^Version: .*", "Version: 0.1")
    if version is not None:
        change(released, package, "METADATA", r"^Version: .*", f"Version: {version}")

    result = check(released)
    assert result.returncode == 1
    assert "there is nothing newer to test" in result.stdout.splitlines()[-1]


def test_what_is_newer_is_accepted_and_so_is_other_code_of_the_same_version(
    released: Path,
) -> None:
    change(released, "flask", "METADATA", r"^Version: .*", "Version: 0.1")
    change(released, "werkzeug", "METADATA", r"^Version: .*", "Version: 0.1")
    change(released, "flask_sqlalchemy", "RECORD", r"\.py,sha256=.", ".py,sha256=")
    result = check(released)
    assert result.returncode == 0, result.stdout
    assert len(result.stdout.splitlines()) == 3
