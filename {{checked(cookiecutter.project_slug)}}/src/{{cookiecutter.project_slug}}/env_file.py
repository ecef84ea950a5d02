"""Where the project is, and its file ``.env``, which adds to the environment.

Tested in ``tests/test_config.py``.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv import find_dotenv

from .environment import ConfigError


class Hidden(str):
    """A setting with its name, of which Gunicorn's log shows only that."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(f"{self.partition('=')[0]}=***")

    def strip(self, chars: str | None = None, /) -> "Hidden":
        # Gunicorn would make another text of it.
        return self


def project_folder() -> Path | None:
    """Return the folder of the project, which has ``.env`` and ``instance/``.

    It is the one with the source of this package. Where a copy of the package is
    installed, it is the current folder, if the project is there.
    """
    for folder in (Path(__file__).parents[2], Path.cwd()):
        if (folder / "pyproject.toml").is_file():
            return folder

    return None


def instance_folder() -> Path:
    """Return the folder for what the application stores in files."""
    return (project_folder() or Path.cwd()) / "instance"


def load_env() -> None:
    """Add the settings in the file ``.env`` to the environment.

    :raises ConfigError: as :func:`missing_settings` does.
    """
    os.environ.update(missing_settings())


def missing_settings() -> dict[str, str]:
    """Return the settings in the file ``.env`` that the environment has not.

    :raises ConfigError: if the file cannot be read, or if the ``flask`` command has
        taken settings from another file.
    """
    refuse_other_files()
    folder = project_folder()
    settings = read(folder / ".env") if folder else {}
    return {
        name: value
        for name, value in settings.items()
        if name not in os.environ and f"{name}_FILE" not in os.environ
    }


def refuse_other_files() -> None:
    """Refuse what the ``flask`` command has read from the files of another folder.

    It looks for ``.env`` and ``.flaskenv`` in the current folder and those above.
    """
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        return

    own = project_folder()
    for name in (".env", ".flaskenv"):
        file = Path(find_dotenv(name, usecwd=True))
        if file.is_file() and not (own and own.samefile(file.parent)):
            refuse_settings_of(file)


def refuse_settings_of(file: Path) -> None:
    for name, value in read(file).items():
        taken = os.environ.get(name) == value
        if taken and (name == "SECRET_KEY" or name.startswith("DATABASE_")):
            raise ConfigError(
                f"{name} comes from {file}, which is not of this project; write a .env,"
                " or set FLASK_SKIP_DOTENV=1 and what is needed in the environment"
            )


def read(file: Path) -> Mapping[str, str]:
    try:
        settings = dotenv_values(file, encoding="utf-8")
    except PermissionError:
        # Of another user, for whom it is. What is missing then is named.
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error

    return {name: value for name, value in settings.items() if value is not None}
