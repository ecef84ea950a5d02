"""How single settings are read from the environment.

Tested in ``tests/test_config.py`` and ``tests/ops/test_production.py``.
"""

import os
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

from click import ClickException


class ConfigError(ClickException):
    """A setting cannot be used; the ``flask`` command shows this as one line."""


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the program as the ``flask`` command does, if a setting cannot be used."""
    try:
        yield
    except ConfigError as error:
        error.show()
        sys.exit(error.exit_code)


def required(name: str) -> str:
    """Return the environment variable ``name``, or what is in the file ``<name>_FILE``.

    :raises ConfigError: if it is missing or empty, if both are set, or if the file
        cannot be read.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and file:
        raise ConfigError(f"{name} and {name}_FILE are both set; only one must be")
    if file:
        value = text_of(Path(file))
    if not value:
        raise ConfigError(f"{name} is not set; .env.example shows what belongs in .env")

    return value


def text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error


def number(
    name: str,
    default: int,
    most: int = 1_000_000,  # More seconds are too many for some databases.
    settings: Mapping[str, str] = os.environ,
    least: int = 1,
) -> int:
    """Return the whole number from ``least`` to ``most`` in the setting ``name``.

    :param default: what it is if the setting is missing.
    :param settings: where it is looked up.
    :raises ConfigError: if it is no such number.
    """
    text = settings.get(name)
    if text is None:
        return default

    try:
        value = int(text)
    except ValueError:
        value = -1

    if not least <= value <= most:
        raise ConfigError(
            f"{name} is {text!r}; it must be a whole number from {least} to {most:,}"
        )

    return value
