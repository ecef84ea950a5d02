import os
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.pool import QueuePool

from my_flask_app import env_file
from my_flask_app.app import create_app
from my_flask_app.config import load_config
from my_flask_app.database import db
from my_flask_app.env_file import load_env
from my_flask_app.environment import ConfigError

URL = "{{ database().accepted_url }}"
OTHER_URL = "{{ database().refused_url }}"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the tests away from the settings of the project, and return its folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(env_file, "project_folder", lambda: folder)
    for name in [name for name in os.environ if name.startswith("DATABASE_")]:
        monkeypatch.delenv(name)

    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("SECRET_KEY", "secret")
    return folder


def test_the_environment_is_asked() -> None:
    config = load_config({})
    assert config["SECRET_KEY"] == "secret"
    assert config["SQLALCHEMY_DATABASE_URI"] == make_url(URL)


def test_a_file_env_adds_to_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY")
    (folder / ".env").write_text("SECRET_KEY=from-the-file\nDATABASE_URL=overridden")
    config = load_config({})
    assert config["SECRET_KEY"] == "from-the-file"
    assert config["SQLALCHEMY_DATABASE_URI"] == make_url(URL)


def test_the_file_env_of_a_folder_above_is_none_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY")
    (folder.parent / ".env").write_text("SECRET_KEY=another")
    with pytest.raises(ConfigError, match="SECRET_KEY is not set"):
        load_config({})


@pytest.mark.parametrize("name", [".env", ".flaskenv"])
def test_what_the_flask_command_took_from_another_file_is_refused(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / name).write_text("SECRET_KEY=another")
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    load_env()
    monkeypatch.setenv("SECRET_KEY", "another")
    with pytest.raises(ConfigError, match="SECRET_KEY comes from .* not of this"):
        load_env()


def test_a_file_env_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / ".env").write_bytes(b"SECRET_KEY=\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_env()


def test_what_is_given_goes_before_the_environment() -> None:
    assert load_config({"SECRET_KEY": "given"})["SECRET_KEY"] == "given"


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY"])
def test_a_missing_setting_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match=f"{name} is not set"):
        create_app()


@pytest.mark.parametrize("url", ["nonsense", "other://host/name", OTHER_URL])
def test_a_url_of_another_kind_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ConfigError, match="DATABASE_URL (is not|starts with)"):
        create_app()


@pytest.mark.parametrize(("value", "seconds"), [(None, 30), ("2", 2)])
def test_the_environment_says_how_long_a_request_waits(
    monkeypatch: pytest.MonkeyPatch, value: str | None, seconds: int
) -> None:
    if value is not None:
        monkeypatch.setenv("DATABASE_TIMEOUT", value)

    with create_app().app_context():
        assert isinstance(db.engine.pool, QueuePool)
        assert db.engine.pool.timeout() == seconds


@pytest.mark.parametrize("value", ["many", "0", "-1", "0.5", "", "1000001"])
def test_a_number_that_makes_no_sense_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_TIMEOUT", value)
    with pytest.raises(ConfigError, match=f"DATABASE_TIMEOUT is '{value}'"):
        create_app()
