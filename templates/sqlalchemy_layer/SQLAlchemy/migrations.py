"""The commands ``flask db``, which bring the database up to date."""

import sys
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


cli = MigrationGroup("db", help="Bring the database up to date.")


def init_app(app: Flask) -> None:
    app.cli.add_command(cli)


def alembic_config() -> Config:
    config = Config(stdout=sys.stdout)
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cli.command()
@click.argument("revision", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
def upgrade(revision: str, sql: bool) -> None:
    """Upgrade to a later version, by default the last."""
    command.upgrade(alembic_config(), revision, sql)


@cli.command()
@click.argument("revision", default="-1")
@click.option("--sql", is_flag=True, help="Print the SQL and change nothing.")
def downgrade(revision: str, sql: bool) -> None:
    """Return to an earlier version, by default the one before."""
    command.downgrade(alembic_config(), revision, sql)


@cli.command()
@click.option("-m", "--message", help="What the migration does.")
def migrate(message: str | None) -> None:
    """Write a migration for what the models have and the database has not."""
    command.revision(alembic_config(), message, autogenerate=True)


@cli.command()
@click.option("-m", "--message", help="What the migration does.")
def revision(message: str | None) -> None:
    """Write an empty migration."""
    command.revision(alembic_config(), message)


@cli.command()
@click.argument("revisions", nargs=-1, required=True)
@click.option("-m", "--message", help="What the migration does.")
def merge(revisions: tuple[str, ...], message: str | None) -> None:
    """Join two lines of migrations."""
    command.merge(alembic_config(), revisions, message)


@cli.command()
@click.argument("revision", default="head")
def stamp(revision: str) -> None:
    """Record a version without running any migration."""
    command.stamp(alembic_config(), revision)


@cli.command()
def check() -> None:
    """Fail if the models have what the migrations have not."""
    command.check(alembic_config())


@cli.command()
@click.option("-v", "--verbose", is_flag=True)
def current(verbose: bool) -> None:
    """Show the version of the database."""
    command.current(alembic_config(), verbose)


@cli.command()
@click.option("-v", "--verbose", is_flag=True)
def heads(verbose: bool) -> None:
    """Show the last versions."""
    command.heads(alembic_config(), verbose)


@cli.command()
@click.option("-v", "--verbose", is_flag=True)
def history(verbose: bool) -> None:
    """Show all versions."""
    command.history(alembic_config(), verbose=verbose)


@cli.command()
@click.argument("revision", default="head")
def show(revision: str) -> None:
    """Show one version."""
    command.show(alembic_config(), revision)
