"""The commands ``flask db``, which bring the database up to date.

Tested in ``tests/database/test_migrations.py``.
"""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import click
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import Flask
from flask.cli import AppGroup


class MigrationGroup(AppGroup):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as error:
            raise click.ClickException(str(error)) from error


cli = MigrationGroup("db", help="Perform database migrations.")


def init_app(app: Flask) -> None:
    app.cli.add_command(cli)


def alembic_config(**options: bool) -> Config:
    config = Config(stdout=sys.stdout, cmd_opts=Namespace(**options))
    folder = str(Path(__file__).parents[1] / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cli.command()
@click.argument("revision", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
def upgrade(revision: str, sql: bool) -> None:
    """Upgrade to a later revision, by default the last."""
    command.upgrade(alembic_config(), revision, sql)


@cli.command()
@click.argument("revision", default="-1")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
def downgrade(revision: str, sql: bool) -> None:
    """Revert to an earlier revision, by default the one before."""
    command.downgrade(alembic_config(), revision, sql)


@cli.command()
@click.option("-m", "--message", help="What the migration does.")
def migrate(message: str | None) -> None:
    """Write a migration that brings the database up to the models."""
    command.revision(alembic_config(autogenerate=True), message, autogenerate=True)


@cli.command()
@click.option("-m", "--message", help="What the migration does.")
def revision(message: str | None) -> None:
    """Write an empty migration."""
    command.revision(alembic_config(), message)


@cli.command()
@click.argument("revisions", nargs=-1, required=True)
@click.option("-m", "--message", help="What the migration does.")
def merge(revisions: tuple[str, ...], message: str | None) -> None:
    """Merge revisions into one."""
    command.merge(alembic_config(), revisions, message)


@cli.command()
@click.argument("revision", default="head")
def stamp(revision: str) -> None:
    """Set the revision without running any migration."""
    command.stamp(alembic_config(), revision)


@cli.command()
def check() -> None:
    """Check that the migrations match the models."""
    command.check(alembic_config())


@cli.command()
@click.option("-v", "--verbose", is_flag=True)
def current(verbose: bool) -> None:
    """Show the revision of the database."""
    command.current(alembic_config(), verbose)


@cli.command()
@click.option("-v", "--verbose", is_flag=True)
def heads(verbose: bool) -> None:
    """Show the heads."""
    command.heads(alembic_config(), verbose)


@cli.command()
@click.option("-v", "--verbose", is_flag=True)
def history(verbose: bool) -> None:
    """Show the revisions in order."""
    command.history(alembic_config(), verbose=verbose)


@cli.command()
@click.argument("revision", default="head")
def show(revision: str) -> None:
    """Show a revision."""
    command.show(alembic_config(), revision)
