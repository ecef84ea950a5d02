"""The commands that people are shown."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from . import callers
from .databases import Database


def command_for(answers: Mapping[str, str]) -> str:
    """Return the command that generates a project without a question.

    :param answers: those that are not as by default.
    """
    arguments = callers.cruft_arguments()
    if arguments:
        template = arguments["template_git_url"]
        options = ["--extra-context", json.dumps(dict(answers))] if answers else []
        command = ["cruft", callers.cruft_command(), "--no-input"]
        return shlex.join([*command, *checkout(arguments), template, *options])

    arguments = callers.arguments()
    template = arguments.get("template", "TEMPLATE")
    options = [f"{name}={answer}" for name, answer in answers.items()]
    command = ["cookiecutter", "--no-input", *checkout(arguments), str(template)]
    return shlex.join(command + options)


def checkout(arguments: Mapping[str, Any]) -> list[str]:
    wanted = arguments.get("checkout")
    return ["--checkout", wanted] if wanted else []


def commands_to_create(database: Database) -> list[str]:
    """Return the command that gives a project its database, where it needs one."""
    if database.kind == "sqlite":
        return []
    if database.image:
        return ["docker compose up --detach --wait"]
    if not database.dialect.create:
        return [f"# create the database {database.database_name!r}, unless it is there"]

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

    return [f"{shlex.join(words)}  # unless it is there"]
