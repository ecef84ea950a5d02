from pathlib import Path

import pytest
from sqlalchemy import make_url

from {{ cookiecutter.project_slug }}.app import create_app
from {{ cookiecutter.project_slug }}.config import ConfigError
from {{ cookiecutter.project_slug }}.config import load_config

URL = "{{ 'sqlite:////tmp/name.db' if cookiecutter.__kind == 'sqlite' else cookiecutter.__database.dialect ~ '+' ~ cookiecutter.__database.driver ~ '://user:password@localhost/name' }}"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the tests away from the .env of the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("SECRET_KEY", "secret")
    for name in ({% if cookiecutter.__database.driver == "psycopg" %}"DATABASE_POOLER", {% endif %}"DATABASE_POOL_SIZE", "DATABASE_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_is_asked() -> None:
    config = load_config({})
    assert config["SECRET_KEY"] == "secret"
    assert config["SQLALCHEMY_DATABASE_URI"] == make_url(URL)


def test_a_file_env_adds_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    Path(".env").write_text("SECRET_KEY=from-the-file\nDATABASE_URL=overridden")
    config = load_config({})
    monkeypatch.delenv("SECRET_KEY", raising=False)
    assert config["SECRET_KEY"] == "from-the-file"
    assert config["SQLALCHEMY_DATABASE_URI"] == make_url(URL)


def test_what_is_given_goes_before_the_environment() -> None:
    assert load_config({"SECRET_KEY": "given"})["SECRET_KEY"] == "given"


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY"])
def test_a_missing_setting_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match=f"{name} is not set"):
        create_app()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "other://host/name",
        "{{ 'postgresql://localhost/name' if cookiecutter.__kind == 'sqlite' else 'sqlite:////tmp/name.db' }}",
    ],
)
def test_a_url_of_another_kind_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ConfigError, match="DATABASE_URL is not"):
        create_app()


@pytest.mark.parametrize("name", ["DATABASE_POOL_SIZE", "DATABASE_TIMEOUT"])
@pytest.mark.parametrize("value", ["many", "0", "-1", ""])
def test_a_number_that_makes_no_sense_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"{name} is '{value}'"):
        create_app()
{%- if cookiecutter.__database.driver == "psycopg" %}


def test_behind_a_pooler_no_statement_is_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "yes")
    options = load_config({})["SQLALCHEMY_ENGINE_OPTIONS"]
    assert options["connect_args"] == {"prepare_threshold": None}


def test_a_pooler_is_there_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "maybe")
    with pytest.raises(ConfigError, match="'maybe'; accepted is yes or no"):
        create_app()
{%- endif %}
