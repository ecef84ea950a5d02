"""What a statement may leave on its connection, beyond the transaction.

Tested in ``tests/database/test_statements.py``.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# What is gone with the transaction leaves nothing: SET LOCAL, SET TRANSACTION,
# set_config(..., true), pg_advisory_xact_lock. UPDATE has a SET too, but not first.
LEAVING = re.compile(
    r"""
    (?:^|;) (?:\s | (?:--|\#)[^\n]*\n | /\*M?!\d* | /\*(?!M?!)(?:(?!\*/).)*\*/)*
    (?:
        SET \b (?!\s+ (?:LOCAL|TRANSACTION|CONSTRAINTS|IDENTITY_INSERT) \b)
        | (?:RESET|DISCARD|LISTEN|LOAD|USE|HANDLER|PREPARE|DECLARE|DO) \b
        | (?:LOCK|FLUSH) \s+ TABLES? \b .* (?:READ|WRITE)
        | (?:ALTER\s+SESSION|EXECUTE\s+IMMEDIATE|BEGIN\s+NOT\s+ATOMIC) \b
        | CREATE \s+ (?:OR \s+ REPLACE \s+)? (?:(?:GLOBAL|LOCAL) \s+)? TEMP
          (?! [^;]* \b ON \s+ COMMIT \s+ DROP \b)
        | CREATE \s+ TABLE \s+ \[?\#
        | CALL \b [^;]* @
        | UPDATE \s+ pg_settings \b
    )
    | \b pg_(?:try_)?advisory_lock
    | \b (?:get_lock|setseed|sp_getapplock|sp_set_session_context) \b
    | \b pg_temp \b
    | \b INTO \s+ (?:TEMP|UNLOGGED|@|\#)
    | @ [\w`'"]+ \s* :=
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

# Its last argument tells whether it lasts for the transaction only. It is not found if
# another one is an expression.
SET_CONFIG = re.compile(
    r"""
    \b set_config \s* \(
    (?: (?: %\(\w+\)s | '[^']*' | [^()'] )* , \s* (%\(\w+\)s | \w+) (?:::\w+)? \s* \) )?
    """,
    re.IGNORECASE | re.VERBOSE,
)

# The characters at each end of a statement that are looked at; what is between is
# columns or values.
LOOKED_AT = 1000


def may_leave_something(statement: str, parameters: Any) -> bool:
    """Tell whether a statement may change its connection for longer than a transaction.

    :param parameters: as the driver gets them.
    """
    if len(statement) > 2 * LOOKED_AT:
        statement = f"{statement[:LOOKED_AT]} {statement[-LOOKED_AT:]}"

    conditions = conditions_of(statement)
    return bool(conditions) and not all(is_true(it, parameters) for it in conditions)


@lru_cache(maxsize=1000)
def conditions_of(statement: str) -> list[str]:
    """Return an expression for each change, which is true if that is temporary."""
    return ["false"] if LEAVING.search(statement) else SET_CONFIG.findall(statement)


def is_true(expression: str, parameters: Any) -> bool:
    if expression.startswith("%(") and isinstance(parameters, Mapping):
        return parameters.get(expression[2:-2]) is True

    return expression.lower() == "true"
