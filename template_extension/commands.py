"""The commands that people are shown."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import callers
from .databases import Database


def command_for(answers: Mapping[str, str]) -> str:
    """Return the command that generates a project without a question.

    :param answers: those that are not as by default.
    """
    arguments = callers.cruft_arguments()
    if arguments:
        command = [*program("cruft"), callers.cruft_command(), "--no-input"]
        template = arguments["template_git_url"]
        given = ["--extra-context", json.dumps(dict(answers))] if answers else []
    else:
        arguments = callers.arguments()
        command = [*program("cookiecutter"), "--no-input"]
        template = arguments.get("template", "TEMPLATE")
        given = [f"{name}={answer}" for name, answer in answers.items()]

    return shlex.join([*command, *options(arguments), str(template), *given])


def program(name: str) -> list[str]:
    """Return how a program was started that is perhaps not installed."""
    path = Path(sys.prefix).as_posix()
    if "/uv/" in path and "/uv/tools/" not in path:
        return ["uvx", name]
    if "/pipx/" in path and "/pipx/venvs/" not in path:
        return ["pipx", "run", name]

    return [name]


def options(arguments: Mapping[str, Any]) -> list[str]:
    """Return the options that lead to the same version and the same folder."""
    folder = str(arguments.get("output_dir", "."))
    wanted = {"--checkout": arguments.get("checkout"), "--output-dir": folder}
    used = {name: it for name, it in wanted.items() if it and it != "."}
    return [text for option in used.items() for text in option]


def command_to_create(database: Database) -> str:
    """Return the command that gives a project its database, or nothing."""
    if database.image:
        return "docker compose up --detach --wait"

    values = {
        "{host}": database.host,
        "{port}": database.port if database.host else "",
        "{username}": database.username,
        "{database}": database.database_name,
    }
    words = []
    for word in shlex.split(database.dialect.create):
        (field,) = [name for name in values if name in word] or [""]
        if not field or values[field]:
            words.append(word.replace(field, values.get(field, "")))

    return shlex.join(words)


def remark_on_creation(database: Database) -> str:
    """Return when the database must be created, if that is for people to know."""
    if database.kind == "sqlite" or database.image:
        return ""
    if database.dialect.create:
        command, *_ = database.dialect.create.split()
        return f"Leave out {command} if the database exists already."

    return "Create the database before that if it does not exist yet."
