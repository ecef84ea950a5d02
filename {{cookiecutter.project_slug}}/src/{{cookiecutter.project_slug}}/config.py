"""Settings, taken from the environment and checked when the application is created."""

import os
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import TypeVar

from click import ClickException
from dotenv import find_dotenv
from dotenv import load_dotenv
from sqlalchemy import URL

from .connections import parse_url

Number = TypeVar("Number", int, float)


class ConfigError(ClickException):
    """A setting cannot be used; the ``flask`` command shows this as one line."""


def load_config(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of an application.

    ``DATABASE_URL`` and ``SECRET_KEY`` are needed. ``DATABASE_POOL_SIZE`` is how many
    connections are kept, ``DATABASE_TIMEOUT`` how many seconds a request waits for
    its turn at the database.
{%- if cookiecutter.__database.driver == "psycopg" %} With ``DATABASE_POOLER=yes``, the URL may lead to
    PgBouncer in transaction mode, or the like.
{%- endif %} A file ``.env`` adds to the environment.

    :param given: settings by their names in Flask, for which the environment is not
        asked.
    :raises ConfigError: if a setting is missing or cannot be used.
    :raises ValueError: if the URL that is given cannot be used.
    """
    load_dotenv(find_dotenv(usecwd=True))
    config = dict(given)
    if "SECRET_KEY" not in config:
        config["SECRET_KEY"] = required("SECRET_KEY")

    if "SQLALCHEMY_DATABASE_URI" not in config:
        config["SQLALCHEMY_DATABASE_URI"] = database_url("DATABASE_URL")
    elif isinstance(config["SQLALCHEMY_DATABASE_URI"], str):
        config["SQLALCHEMY_DATABASE_URI"] = parse_url(config["SQLALCHEMY_DATABASE_URI"])

    config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": number("DATABASE_POOL_SIZE", int, default=8),
        "pool_timeout": number("DATABASE_TIMEOUT", float, default=30.0),
{%- if cookiecutter.__database.driver == "psycopg" %}
        # A statement would be prepared on one connection and looked for on another.
        "connect_args": {"prepare_threshold": None} if flag("DATABASE_POOLER") else {},
{%- endif %}
    } | config.get("SQLALCHEMY_ENGINE_OPTIONS", {})
    return config


def required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"{name} is not set; .env.example shows what belongs in .env")

    return value


def number(name: str, kind: Callable[[str], Number], default: Number) -> Number:
    text = os.environ.get(name)
    if text is None:
        return default

    try:
        value = kind(text)
    except ValueError:
        value = kind("0")

    if value <= 0:
        raise ConfigError(f"{name} is {text!r}; accepted is a number above 0")

    return value


{% if cookiecutter.__database.driver == "psycopg" -%}
def flag(name: str) -> bool:
    text = os.environ.get(name, "no")
    if text not in ("no", "yes"):
        raise ConfigError(f"{name} is {text!r}; accepted is yes or no")

    return text == "yes"


{% endif -%}
def database_url(name: str) -> URL:
    """Return the URL in the environment variable ``name``."""
    try:
        return parse_url(required(name))
    except ValueError as error:
        raise ConfigError(f"{name} {error}") from None
