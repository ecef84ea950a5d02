"""The application serves others only if it is safe, and says all that it lacks."""

import secrets
from pathlib import Path

import pytest

from my_flask_app import env_file
from my_flask_app import environment
from my_flask_app.app import create_app
from my_flask_app.config import load_config
from my_flask_app.environment import ConfigError

URL = "{{ database().accepted_url }}"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have all that production needs, and return a folder for files."""
    monkeypatch.setattr(env_file, "project_folder", lambda: tmp_path)
    for name in ("ENVIRONMENT", "FLASK_DEBUG", "DATABASE_URL_FILE", "SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("SECRET_KEY", secrets.token_urlsafe())
    return tmp_path


def problems() -> list[str]:
    with pytest.raises(ConfigError) as caught:
        create_app()

    return caught.value.message.splitlines()


def test_what_is_set_well_is_accepted() -> None:
    create_app()


def test_all_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("SECRET_KEY", "test")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    names = [problem.split()[0] for problem in problems()]
    assert names == ["DATABASE_URL", "FLASK_DEBUG", "SECRET_KEY"]


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "0" * 50,
        "change-me-in-production-0123456789",
        "Kr7vPmZq_1234567890+*xyz!#Bd-w",
    ],
)
def test_a_key_that_can_be_guessed_is_refused(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    [problem] = problems()
    assert problem.startswith("SECRET_KEY can be guessed; it must have 32 random")


@pytest.mark.parametrize("key", [b"short", "short"])
def test_a_key_that_is_given_is_checked(key: object) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY can be guessed"):
        load_config({"SECRET_KEY": key})


def test_development_takes_any_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "short")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.setenv("ENVIRONMENT", "development")
    create_app()


def test_another_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "staging")
    assert problems() == [
        "ENVIRONMENT is 'staging'; it must be production or development"
    ]


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY"])
def test_a_secret_comes_from_a_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str
) -> None:
    value = environment.required(name)
    (folder / "secret").write_text(f"{value}\n")
    (folder / ".env").write_text(f"{name}=of-development")
    monkeypatch.delenv(name)
    monkeypatch.setenv(f"{name}_FILE", str(folder / "secret"))
    assert environment.required(name) == value
    create_app()


def test_a_secret_that_is_set_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", "/run/secrets/key")
    assert problems() == [
        "SECRET_KEY and SECRET_KEY_FILE are both set; only one must be"
    ]


def test_a_file_with_a_secret_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", str(folder / "missing"))
    [problem] = problems()
    assert problem.startswith(f"{folder}/missing cannot be read: ")
