"""What the query of a URL says, in the words of the driver.

Hosting companies print URLs for many languages and libraries. Tested in
``tests/database/test_urls.py``.
"""

import os
from collections.abc import Mapping
from collections.abc import Sequence
from difflib import get_close_matches

from . import driver

Query = Mapping[str, str | Sequence[str]]

# Parameters that say how well a connection is protected, in lower case without "-" and
# "_".
PROTECTION = {"ssl", "sslaccept", "sslmode", "tls", "usessl"}

# How well, from the least on, and the words for it, in lower case with "-" for "_".
VALUES = {
    "disable": "disable disabled false no 0",
    "allow": "allow",
    "prefer": "prefer preferred",
    "require": "require required true yes 1 accept-invalid-certs"
    ' {"rejectunauthorized":false}',
    "verify-ca": "verify-ca",
    "verify-full": 'verify-full verify-identity strict {"rejectunauthorized":true}',
}

# Parameters that say part of it: what false means, and what true. Nothing is meant by
# "", and None is left to the driver.
FLAGS = {
    "requiressl": ("", "require"),
    "ssldisabled": ("", "disable"),
    "sslverifycert": (None, "verify-ca"),
    "sslverifyidentity": ("", "verify-full"),
    "verifyservercertificate": ("", "verify-ca"),
}

TRUE = {"true", "yes", "1"}

# What other libraries call the file of the authority.
AUTHORITY = {"sslca", "sslrootcert"}

# What other libraries have to be told, and what is so here.
IGNORED = {"allowpublickeyretrieval", "reconnect", "supa", "uselibpqcompat"}

# What has a setting of its own.
INSTEAD = {
    "connectionlimit": "leave it out, and set DATABASE_POOL_SIZE",
    "pgbouncer": "leave it out; psycopg needs DATABASE_POOLER=yes",
    "pooltimeout": "leave it out, and set DATABASE_TIMEOUT",
    "schema": "set the search_path of the user in the database",
}


def translated(query: Query) -> Query:
    """Return the query of a URL in the words of the driver.

    :raises ValueError: if the driver knows no such parameter, or there is no such file.
        The message goes on after the name of what holds the URL.
    """
    known = driver.PARAMETERS.split()
    if not known:
        return query

    mode = ""
    found: dict[str, str | Sequence[str]] = {}
    for name, value in query.items():
        meant = mode_of(name, str(value))
        if meant is not None:
            mode = max(mode, meant, key=["", *VALUES].index)
        elif short(name) not in IGNORED:
            found[own_name(name, known)] = value

    return with_files({**protection(mode, found), **found})


def short(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def mode_of(name: str, value: str) -> str | None:
    """Return the mode that a parameter asks for, or None if it is about others."""
    text = value.lower().replace("_", "-").replace(" ", "")
    if short(name) in FLAGS:
        return FLAGS[short(name)][text in TRUE]
    if short(name) not in PROTECTION:
        return None

    for mode, words in VALUES.items():
        if text in words.split():
            return mode

    raise ValueError(f"has {name!r}, which must be one of {', '.join(VALUES)}")


def protection(mode: str, found: Query) -> dict[str, str]:
    """Return what the driver has to be told for a mode; a named authority is used."""
    if mode == "require" and driver.FILES[0] in found:
        mode = "verify-ca"

    return driver.TLS[mode] if mode else {}


def own_name(name: str, known: Sequence[str]) -> str:
    """Return the driver's name for a parameter."""
    own = {short(it): it for it in known if it.startswith("ssl")}
    own |= dict.fromkeys(AUTHORITY, driver.FILES[0])
    if name in known or driver.takes(name):
        return name
    if short(name) in own:
        return own[short(name)]

    hint = INSTEAD.get(short(name), "")
    close = get_close_matches(name, known, 1)
    hint = hint or (f"did you mean {close[0]!r}?" if close else "leave it out")
    raise ValueError(f"has {name!r}, which {driver.NAME} does not know; {hint}")


def with_files(query: Query) -> Query:
    """Return a query whose files are there."""
    for name in driver.FILES:
        path = str(query.get(name, ""))
        if path and path != driver.SYSTEM and not os.path.exists(path):
            raise ValueError(f"has {name!r}, which must name a file; {path!r} is none")

    return query
