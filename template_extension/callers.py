"""What Cookiecutter is doing, as the call stack tells it.

It does not tell an extension whether a person is asked, nor where a file is to be. The
functions and variables that are looked for have had their names since Cookiecutter 2.3,
and cruft calls them too; ``tests/test_cookiecutter_versions.py`` asks them all.
"""

import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any
from typing import NoReturn

from cookiecutter.exceptions import FailedHookException


def is_person_asked() -> bool:
    """Tell whether answers are typed at a prompt."""
    return prompt().get("no_input") is False


def prompt() -> Mapping[str, Any]:
    """Return the variables of the function that asks."""
    return _variables("cookiecutter.prompt", "prompt_for_config")


def arguments() -> Mapping[str, Any]:
    """Return the arguments of Cookiecutter, if it was not cruft that was called."""
    return _variables("cookiecutter.main", "cookiecutter")


def cruft_command() -> str:
    """Return the command of cruft that asks the questions, or nothing."""
    commands = ("create", "link")
    found = [it for it in commands if _variables(f"cruft._commands.{it}", it)]
    return "".join(found)


def cruft_arguments() -> Mapping[str, Any]:
    """Return the arguments of that command."""
    command = cruft_command()
    return _variables(f"cruft._commands.{command}", command)


def given() -> Mapping[str, Any]:
    """Return the answers that were given by their names to one of these programs."""
    asking = arguments() or cruft_arguments()
    return asking.get("extra_context") or answers_to_update()


def answers_to_update() -> Mapping[str, Any]:
    """Return the answers that ``cruft update`` is to change, before it does."""
    updating = _variables("cruft._commands.update", "update")
    before = updating.get("cruft_state", {}).get("context", {}).get("cookiecutter", {})
    wanted = updating.get("extra_context") or {}
    names = [it for it in wanted if it[0] != "_" and wanted[it] != before.get(it)]
    return {name: wanted[name] for name in names}


def asked() -> dict[str, Any]:
    """Return what will be asked, with what is given in place of defaults."""
    found: dict[str, Any] = prompt().get("context", {}).get("cookiecutter", {})
    return found


def replay_folder() -> str:
    """Return where Cookiecutter stores the answers, if it does."""
    folder: str = arguments().get("config_dict", {}).get("replay_dir", "")
    return folder


def existing_folder(name: str) -> Path | None:
    """Return the folder of a new project if a command would refuse it later."""
    asking = arguments() or cruft_arguments()
    folder = output_folder() / name
    is_refused = is_command() and "output_dir" in asking and folder.exists()
    return folder if is_refused and not asking.get("overwrite_if_exists") else None


def is_command() -> bool:
    """Tell whether somebody reads what is printed."""
    return bool(_variables("cookiecutter.cli", "main") or cruft_arguments())


def is_updating() -> bool:
    """Tell whether cruft compares two versions, and nobody is to own the project."""
    return bool(_variables("cruft._commands.utils.generate", "_generate_output"))


def end(line: str) -> NoReturn:
    """End the run with a line that says why.

    :raises FailedHookException: if Cookiecutter runs; its command prints the line.
    :raises SystemExit: if it is the command of cruft, which prints tracebacks.
    """
    if any(frame.f_globals.get("__name__") == "cruft._cli" for frame in _frames()):
        sys.exit(line)

    raise FailedHookException(line) from None


def project_folder() -> Path:
    """Return the folder of the project whose file is being written."""
    return Path(_variables("cookiecutter.generate", "generate_file")["project_dir"])


def output_folder() -> Path:
    """Return the folder that the project is to be in, as it was given."""
    return Path((arguments() or cruft_arguments()).get("output_dir", "."))


def _variables(module: str, function: str) -> Mapping[str, Any]:
    """Return the local variables of a function that is being called, if it is."""
    for frame in _frames():
        names = (frame.f_globals.get("__name__"), frame.f_code.co_name)
        if names == (module, function):
            return frame.f_locals

    return {}


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
