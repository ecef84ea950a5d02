"""A forgotten commit is noticed.

If a request answers well, or a command succeeds, and its session has changed something
that was not committed, there is a warning: in the log, once for each view and command,
and in tests an error, as pytest is told to make of warnings. Where nothing is to be
stored, roll the session back.

Tested in ``tests/database/test_unsaved.py``.
"""

import warnings
from typing import cast

import click
from flask import Request
from flask import request
from flask import Response
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from .changes import has_changes

# The key of Session.info for the request or command that has succeeded.
DONE = "done"


class UncommittedChanges(UserWarning):
    """A request or a command succeeded, and has not committed what it changed."""


def expect_of_request(session: Session, response: Response) -> None:
    """Expect of a request that it has committed its changes, if it answers well."""
    this = cast("LocalProxy[Request]", request)._get_current_object()
    session.info[DONE] = this if response.status_code < 400 else None


def expect_of_command(session: Session, error: object) -> None:
    """Expect of a command that it has committed its changes, if it succeeds."""
    if error is None and DONE not in session.info:
        session.info[DONE] = click.get_current_context(silent=True)


def warn_if_forgotten(session: Session) -> None:
    """Warn about a session that is going to end, if it was expected to commit."""
    done = session.info.get(DONE)
    if done and has_changes(session):
        message = f"{name_of(done)} changed something and did not commit it;"
        remedy = "call db.session.commit(), or db.session.rollback() if that is meant"
        warnings.warn(f"{message} {remedy}", UncommittedChanges, stacklevel=2)


def name_of(done: Request | click.Context) -> str:
    """Return a name that is the same for each use of a view or command."""
    if isinstance(done, Request):
        return f"{done.method} {done.endpoint}"

    return done.command_path
