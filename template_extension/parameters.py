"""What the query of a database URL may say, for each driver.

A project translates it for its driver, in a module whose tables are read here.
"""

import re
from difflib import get_close_matches
from functools import cache
from typing import Any

from .catalogue import constant
from .catalogue import Driver
from .catalogue import MODULES
from .catalogue import TEMPLATES

MODULE = TEMPLATES / "database/server" / MODULES / "parameters.py"
NAME = re.compile(r"(?<=[?&])[^?&=]+(?==)")


@cache
def table(name: str) -> Any:
    """Return a table of the project's module, by its name there."""
    return constant(MODULE.read_text(encoding="utf-8"), name)


def check(driver: Driver, name: str, value: str) -> None:
    """Refuse a parameter that would be refused where the project starts.

    :raises ValueError: if it is; the message says what is accepted instead.
    """
    if not driver.parameters or _is_known(driver, name):
        if driver.parameters and _short(name) in table("PROTECTION"):
            _check_mode(name, value)
        return

    hint = table("INSTEAD").get(_short(name), "leave it out, or correct it")
    raise ValueError(f"{driver.name!r} knows no parameter {name!r}: {hint}")


def nearest(driver: Driver, name: str) -> str:
    """Return what the driver knows and is like ``name``, or nothing."""
    return next(iter(get_close_matches(name, sorted(driver.parameters), 1)), "")


def corrected(driver: Driver, rest: str) -> str:
    """Return a URL, or the rest of one, with parameters that the driver knows."""

    def known(found: "re.Match[str]") -> str:
        if not driver.parameters or _is_known(driver, found[0]):
            return found[0]

        return nearest(driver, found[0]) or found[0]

    return NAME.sub(known, rest)


def _is_known(driver: Driver, name: str) -> bool:
    short = _short(name)
    own = {_short(it) for it in driver.parameters if it.startswith("ssl")}
    everywhere = {*table("PROTECTION"), *table("AUTHORITY"), *table("IGNORED")}
    meant = [it for it in table("FLAGS").get(short, ()) if it is not None]
    return name in driver.parameters or short in own | everywhere or bool(meant)


def _check_mode(name: str, value: str) -> None:
    text = value.lower().replace("_", "-").replace(" ", "")
    if text not in " ".join(table("VALUES").values()).split():
        raise ValueError(f"{name!r} must be one of {', '.join(table('VALUES'))}")


def _short(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
