"""The settings of the application, taken from the environment."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL

from .database import settings
from .database.urls import parse_url
from .env_file import load_env
from .environment import ConfigError
from .environment import required
from .ops.parts import SETTINGS


def load_config(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of an application.

    ``DATABASE_URL`` and ``SECRET_KEY`` are needed; ``database/settings.py`` has what
    else the database takes, and ``ops/settings.py`` what a server does. The file
    ``.env`` of the project adds to the environment.

    :param given: settings by their names in Flask, for which the environment is not
        asked.
    :raises ConfigError: if settings are missing or cannot be used; it names all.
    """
    load_env()
    config = dict(given)
    problems = []
    for add in (add_secret_key, add_database, *SETTINGS):
        try:
            add(config)
        except ConfigError as error:
            problems.append(error.message)

    if problems:
        raise ConfigError("\n".join(dict.fromkeys(problems)))

    return config


def add_secret_key(config: dict[str, Any]) -> None:
    if "SECRET_KEY" not in config:
        config["SECRET_KEY"] = required("SECRET_KEY")


def add_database(config: dict[str, Any]) -> None:
    if "SQLALCHEMY_DATABASE_URI" not in config:
        config["SQLALCHEMY_DATABASE_URI"] = database_url("DATABASE_URL")

    options = config.get("SQLALCHEMY_ENGINE_OPTIONS", {})
    config["SQLALCHEMY_ENGINE_OPTIONS"] = settings.engine_options(options)


def database_url(name: str) -> URL:
    """Return the URL in the environment variable ``name``.

    :raises ConfigError: if it is missing or cannot be used.
    """
    try:
        return parse_url(required(name))
    except ValueError as error:
        raise ConfigError(f"{name} {error}") from None
