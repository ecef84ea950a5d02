"""The commands ``flask db``, which are those of Alembic, and ``flask db migrate``.

Alembic is imported when a command is used, as no worker needs it. Tested in
``tests/database/test_migrations.py``.
"""

import click
from flask import Flask
from flask.cli import AppGroup
from flask.cli import with_appcontext


class MigrationGroup(AppGroup):
    """A group with the commands of Alembic besides those that are added to it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from . import alembic_commands

        return sorted({*super().list_commands(ctx), *alembic_commands.names()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if command := super().get_command(ctx, cmd_name):
            return command

        from . import alembic_commands

        return passing(cmd_name) if cmd_name in alembic_commands.names() else None


def passing(name: str) -> click.Command:
    """Return a command that hands all its arguments to Alembic."""
    from . import alembic_commands

    @with_appcontext
    @click.pass_context
    def run(ctx: click.Context, arguments: tuple[str, ...]) -> None:
        group = ctx.parent.params if ctx.parent else {}
        alembic_commands.run([name, *arguments], group)

    return click.Command(
        name,
        callback=run,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
        help=alembic_commands.help_of(name),
    )


cli = MigrationGroup(
    "db",
    help="Bring the database up to date, by migrations.",
    params=[
        click.Option(["-x"], multiple=True, help="An argument for env.py: NAME=VALUE."),
        click.Option(["-q", "--quiet"], is_flag=True, help="Print less."),
    ],
)


def init_app(app: Flask) -> None:
    app.cli.add_command(cli)
