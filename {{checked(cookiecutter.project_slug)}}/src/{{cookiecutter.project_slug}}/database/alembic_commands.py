"""What is behind ``flask db``: Alembic's command line, with a few defaults.

Tested in ``tests/database/test_migrations.py``.
"""

import subprocess
import sys
from argparse import ArgumentParser
from argparse import SUPPRESS
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import CommandLine
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script import write_hooks
from alembic.script.revision import MultipleHeads
from alembic.util import CommandError
from click import ClickException

FOLDER = Path(__file__).parents[1] / "migrations"

# What a command is given if it is told nothing else.
DEFAULTS = {"upgrade": "head", "downgrade": "-1", "stamp": "head", "show": "head"}

# A project has migrations from its beginning.
UNNEEDED = {"init", "list_templates"}

MIGRATE = "Write a migration that brings the database up to the models."


def names() -> set[str]:
    return {"migrate", *CommandLine().subparsers.choices} - UNNEEDED


def help_of(name: str) -> str:
    return MIGRATE if name == "migrate" else getattr(command, name).__doc__


def run(arguments: list[str], common: Mapping[str, Any]) -> None:
    """Run a command of Alembic, or ``migrate``.

    :raises ClickException: if it cannot be done.
    """
    command_line = CommandLine(prog="flask db")
    for name, parser in command_line.subparsers.choices.items():
        complete(parser, DEFAULTS.get(name))

    if arguments[0] == "migrate":
        arguments = ["revision", "--autogenerate", *arguments[1:]]

    options = command_line.parser.parse_args(arguments)
    options.raiseerr = True
    options.quiet = common.get("quiet", False)
    options.x = [*common.get("x", ()), *(options.x or [])]
    if "--sql" in arguments and getattr(options, "revision", "") == "-1":
        options.revision = "head:-1"

    config = make_config(cmd_opts=options)
    try:
        command_line.run_cmd(config, options)
    except CommandError as error:
        raise ClickException(explain(error, config)) from error


def complete(parser: ArgumentParser, default: str | None) -> None:
    """Let a command do without a revision, and have ``-x`` after its name, too."""
    parser.add_argument("-x", action="append", default=SUPPRESS, help="for env.py")
    for action in parser._actions:
        if default and action.dest in ("rev", "revision", "revisions"):
            action.nargs = "?" if action.nargs is None else "*"
            action.default = default


def make_config(**options: Any) -> Config:
    config = Config(stdout=sys.stdout, **options)
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_section_option("post_write_hooks", "hooks", "project")
    config.set_section_option("post_write_hooks", "project.type", "as_the_project")
    return config


def explain(error: CommandError, config: Config) -> str:
    if not isinstance(error.__cause__, MultipleHeads):
        return str(error)

    scripts = ScriptDirectory.from_config(config)
    files = [script.path for script in scripts.get_revisions(scripts.get_heads())]
    return (
        f"{len(files)} migrations are the last, as branches were merged:"
        f" {', '.join(sorted(Path(file).name for file in files))}."
        " `flask db merge heads` joins them."
    )


@write_hooks.register("as_the_project")
def format_as_the_project(file: str, _: object) -> None:
    """Format a new migration like the rest of the project, if ruff is there."""
    if find_spec("ruff"):
        ruff = [sys.executable, "-m", "ruff"]
        subprocess.run([*ruff, "check", "--fix-only", "--quiet", file], check=False)
        subprocess.run([*ruff, "format", "--quiet", file], check=False)
