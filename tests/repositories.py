"""The template as a git repository, as people get it."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT

GIT = ["git", "-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
IGNORED = shutil.ignore_patterns(".git", ".venv", ".*cache", "__pycache__")


def git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(
        [*GIT, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return result.stdout


def commit(folder: Path, message: str, tag: str = "") -> None:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", message)
    if tag:
        git(folder, "tag", tag)


def new_repository(folder: Path) -> Path:
    """Return a repository with this template, as it is now, as its first commit."""
    shutil.copytree(ROOT, folder, ignore=IGNORED)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "The first version", "first")
    return folder
