"""An error has the same class whatever the database and the driver.

Some drivers raise an ``OperationalError`` where a ``CHECK`` constraint is violated, for
instance, and ``except IntegrityError`` would not catch that.

Tested in ``tests/database/test_meanings.py``.
"""

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError

from . import dialect
from . import driver


def protect(engine: Engine) -> None:
    """Let errors of an engine have the class that says what they mean."""
    event.listen(engine, "handle_error", renamed)


def renamed(context: ExceptionContext) -> DBAPIError | None:
    """Return an error in place of one that has another class than it should."""
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError):
        return None

    code = driver.error_code(context.original_exception)
    class_ = dialect.MEANINGS.get(code) or dialect.MEANINGS.get(str(code)[:2])
    if class_ is None or isinstance(error, class_):
        return None

    return class_(
        error.statement,
        error.params,
        context.original_exception,
        hide_parameters=error.hide_parameters,
        connection_invalidated=context.is_disconnect,
        ismulti=error.ismulti,
    )
