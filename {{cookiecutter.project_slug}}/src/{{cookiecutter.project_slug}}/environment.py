"""Where the project is, and how its settings are read.

A file ``.env`` in the folder of the project adds to the environment. Tested in
``tests/test_config.py``.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from click import ClickException
from dotenv import dotenv_values
from dotenv import find_dotenv

Number = TypeVar("Number", int, float)

# What load_env has added to the environment.
added: dict[str, str] = {}


class ConfigError(ClickException):
    """A setting cannot be used; the ``flask`` command shows this as one line."""


def project_folder() -> Path:
    """Return the folder of the project, which has ``.env`` and ``instance/``.

    It is the one with the source of this package. Where only a copy of the package is
    installed, it is the current folder, in which the application is started.
    """
    source = Path(__file__).parents[2]
    return source if (source / "pyproject.toml").is_file() else Path.cwd()


def instance_folder() -> Path:
    """Return the folder for what the application stores in files."""
    return project_folder() / "instance"


def load_env() -> None:
    """Add the settings in the file ``.env``; those in the environment go first.

    When it is called again, as in a server that reloads, the file is read again.

    :raises ConfigError: if the ``flask`` command has taken settings from another file.
    """
    for name, value in added.items():
        if os.environ.get(name) == value:
            del os.environ[name]

    refuse_other_env()
    added.clear()
    for name, setting in dotenv_values(project_folder() / ".env").items():
        if name not in os.environ and setting is not None:
            os.environ[name] = added[name] = setting


def refuse_other_env() -> None:
    """Refuse what the ``flask`` command has read from the ``.env`` of another folder.

    It looks for the file in the current folder and in all those above.
    """
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        return

    other = find_dotenv(usecwd=True)
    own = project_folder() / ".env"
    if not other or Path(other).resolve() == own.resolve():
        return

    for name, value in dotenv_values(other).items():
        if value is not None and os.environ.get(name) == value:
            raise ConfigError(
                f"{name} comes from {other}, which is not the .env of this project; set"
                f" what it needs in {own}, or FLASK_SKIP_DOTENV=1 in the environment"
            )


def required(name: str) -> str:
    """Return the environment variable ``name``.

    :raises ConfigError: if it is missing or empty.
    """
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"{name} is not set; .env.example shows what belongs in .env")

    return value


def number(name: str, kind: Callable[[str], Number], default: Number) -> Number:
    """Return the number above 0 in the environment variable ``name``.

    :param kind: ``int`` or ``float``.
    :param default: what it is if the variable is missing.
    :raises ConfigError: if it is no such number.
    """
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
