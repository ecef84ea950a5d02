"""The database is a file, and it is where the README says."""

import os
from pathlib import Path

import pytest

from my_flask_app import env_file
from my_flask_app.database.urls import parse_url
from my_flask_app.env_file import instance_folder
from my_flask_app.env_file import project_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the paths are those of POSIX")


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("sqlite:///app.db", "{instance}/app.db"),
        ("sqlite:///../app.db", "{project}/app.db"),
        ("sqlite:///file:app.db?uri=true&mode=ro", "file:{instance}/app.db"),
        ("sqlite:////tmp/app.db", "/tmp/app.db"),
        ("sqlite:///file:/tmp/app.db?uri=true", "file:/tmp/app.db"),
    ],
)
def test_a_relative_path_is_in_the_instance_folder_of_the_project(
    url: str, database: str
) -> None:
    names = {"instance": instance_folder(), "project": project_folder()}
    assert parse_url(url).database == database.format(**names)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package be a copy that is installed; go to an empty folder."""
    path = tmp_path / "lib" / "site-packages" / "package" / "env_file.py"
    monkeypatch.setattr(env_file, "__file__", str(path))
    monkeypatch.chdir(tmp_path)


def test_a_copy_looks_for_the_project_in_the_current_folder(
    copy: None, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "instance" / "app.db"
    assert parse_url("sqlite:///app.db").database == str(path)


@pytest.mark.parametrize("url", ["sqlite:///app.db", "sqlite:///file:app.db?uri=true"])
def test_elsewhere_a_copy_refuses_a_relative_path(copy: None, url: str) -> None:
    with pytest.raises(ValueError, match="the current folder is not that of the proj"):
        parse_url(url)

    assert parse_url("sqlite:////tmp/app.db").database == "/tmp/app.db"


def test_a_folder_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="names a file in '/nowhere'"):
        parse_url("sqlite:////nowhere/app.db")


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///", "sqlite:///file:/a?vfs=memdb"],
)
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a SQLite file"):
        parse_url(url)
