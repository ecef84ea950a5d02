"""The database is a file, and it is where the README says."""

from pathlib import Path

import pytest

from my_flask_app import environment
from my_flask_app.database.urls import parse_url
from my_flask_app.environment import instance_folder
from my_flask_app.environment import project_folder


def test_a_relative_path_is_in_the_instance_folder_of_the_project() -> None:
    assert parse_url("sqlite:///app.db").database == str(instance_folder() / "app.db")
    assert (project_folder() / "pyproject.toml").is_file()


def test_without_the_source_it_is_below_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "lib" / "site-packages" / "package" / "environment.py"
    monkeypatch.setattr(environment, "__file__", str(copy))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "instance" / "app.db"
    assert parse_url("sqlite:///app.db").database == str(path)


def test_a_file_that_the_next_installation_deletes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(environment, "project_folder", lambda: folder)
    with pytest.raises(ValueError, match="names a file in site-packages"):
        parse_url("sqlite:///app.db")


def test_a_folder_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="names a file in '/nowhere'"):
        parse_url("sqlite:////nowhere/app.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a SQLite file"):
        parse_url(url)
