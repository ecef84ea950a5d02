"""A database URL, taken apart, checked and written.

The grammar is that of ``sqlalchemy.make_url``. Cookiecutter runs without SQLAlchemy.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import unquote

from .catalogue import Dialect
from .catalogue import dialects
from .catalogue import Driver
from .catalogue import drivers
from .catalogue import drivers_of
from .parameters import check
from .text import CONTROL
from .text import listed

ASYNCHRONOUS = frozenset(
    "aiomysql aioodbc aiosqlite asyncmy asyncpg oracledb_async psycopg_async"
    " psycopg2_async".split()
)

URL = re.compile(
    r"(?P<name>[\w+]+)://"
    r"(?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?"
    r"(?::(?P<port>[^/?]*))?"
    r"(?:/(?P<database>[^?]*))?"
    r"(?:\?(?P<query>.*))?"
)
# Several hosts with their ports, as libpq reads them.
HOSTS = re.compile(
    r"(?P<start>[\w+]+://(?:[^/?@]*@)?)"
    r"(?P<hosts>[\w.-]*(?::\d+)?(?:,[\w.-]*(?::\d+)?)+)"
    r"(?P<database>[^?]*)\??(?P<query>.*)"
)
HOST = re.compile(r"[\w.,-]+(?:\\[\w-]+)?")
# The standard library lets a zone hold any character.
IPV6 = re.compile(r"[0-9A-Fa-f:.]+(?:%[\w.-]+)?")
CREDENTIAL_SAFE = "!&()*+,;="
QUERY_SAFE = "!()*,/:?@[]"
# What the drivers call what nobody is to see; a file is no secret.
SECRET_WORD = r"(?:pass(?!file)|pwd|secret|token(?!file)|odbc_connect)"
SECRET_KEY = re.compile(rf"(?i).*{SECRET_WORD}")
# In a text of any form, nobody knows where a secret ends.
SECRETS = re.compile(rf"(?is)({SECRET_WORD}[\w ]*[=:]).*")
PORT = r"\d{1,5}(?:[/?,:@]|$)"

# What takes the place of a password that is not to be kept.
STARS = "***"

# A parameter of drivers that can find the primary among several hosts.
FINDS_PRIMARY = "target_session_attrs"

EXAMPLES = "'sqlite:///app.db' or 'postgresql://user:password@localhost/app'"
PERCENT_HINT = "in a user name or a password write '@' as %40, ':' as %3A, '/' as %2F"


class Parts(NamedTuple):
    """A URL taken apart and decoded; ``None`` is a part that is not there."""

    dialect_name: str
    """What SQLAlchemy calls the dialect."""

    dialect: Dialect
    driver: Driver
    username: str | None
    password: str | None
    host: str
    port: str
    database: str | None
    query: tuple[tuple[str, str], ...]


def take_apart(url: str) -> Parts:
    """Return the parts of a URL that can work.

    :raises ValueError: if it cannot; the message says what is accepted instead.
    """
    parts = _parse(url)
    (_check_file if parts.dialect_name == "sqlite" else _check_server)(parts)
    _check_carried(parts.database or "")
    for name, value in parts.query:
        check(parts.driver, name, value)
    return parts


def _parse(url: str) -> Parts:
    match = URL.match(_with_hosts_in_query(url.removeprefix("jdbc:")))
    if match is None:
        raise ValueError(f"it must be an SQLAlchemy URL such as {EXAMPLES}")
    if CONTROL.search(unquote(url)) or url != url.strip():
        raise ValueError("it must be a URL without control characters or outer spaces")
    name, dialect, driver = _driver(match["name"])
    if match.end() < len(match.string):
        raise ValueError("after the bracket of an IPv6 host comes ':', '/' or '?'")
    return Parts(
        name,
        dialect,
        driver,
        _decoded(match["username"]),
        _decoded(match["password"]),
        match["host"] or _ipv6(match["ipv6"]),
        _port(match["port"]),
        match["database"],
        tuple(parse_qsl(match["query"] or "")),
    )


def _with_hosts_in_query(url: str) -> str:
    """Return a URL that names several hosts with their ports as SQLAlchemy reads it."""
    match = HOSTS.fullmatch(url)
    if match is None or ":" not in match["hosts"]:
        return url

    hosts = "&".join(f"host={host}" for host in match["hosts"].split(","))
    query = match["query"] and f"&{match['query']}"
    return f"{match['start']}{match['database'] or '/'}?{hosts}{query}"


def _driver(scheme: str) -> tuple[str, Dialect, Driver]:
    alias, plus, driver = scheme.partition("+")
    if alias not in dialects():
        names = {name for dialect in dialects().values() for name in dialect.names}
        canonical = sorted(names & {dialects()[name].names[name] for name in names})
        raise ValueError(f"accepted dialects are {listed(canonical)}")

    dialect = dialects()[alias]
    name = dialect.names[alias]
    accepted = drivers_of(dialect)
    driver = driver if plus else accepted[0]
    if driver in ASYNCHRONOUS:
        raise ValueError(
            f"{driver!r} is asynchronous, but Flask serves requests synchronously:"
            f" accepted drivers for {name!r} are {listed(accepted)}"
        )
    if driver not in accepted:
        raise ValueError(f"accepted drivers for {name!r} are {listed(accepted)}")
    return name, dialect, drivers()[driver]


def _decoded(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _ipv6(host: str | None) -> str:
    if host is None:
        return ""
    try:
        ipaddress.IPv6Address(host if IPV6.fullmatch(host) else "")
    except ValueError:
        raise ValueError(
            "an IPv6 address belongs between the brackets: '[::1]'"
        ) from None
    return host


def _port(port: str | None) -> str:
    if port is None:
        return ""
    if not re.fullmatch("0*[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise ValueError(
            "a port is a number from 1 to 65535, an IPv6 host belongs in brackets,"
            f" and {PERCENT_HINT}"
        )
    return str(int(port))


def _check_file(parts: Parts) -> None:
    if (parts.username, parts.password, parts.host, parts.port) != (None, None, "", ""):
        raise ValueError("a path follows three slashes, as in 'sqlite:///app.db'")
    if _is_in_memory(parts.database or "", dict(parts.query)):
        raise ValueError(
            "each connection to SQLite in memory has a database of its own, which ends"
            " with it: name a file, as in 'sqlite:///app.db'"
        )


def _is_in_memory(path: str, query: Mapping[str, str]) -> bool:
    return (
        path in ("", ":memory:", "file:")
        or path.startswith("file::memory:")
        or query.get("mode") == "memory"
        or query.get("vfs") == "memdb"
    )


def _check_server(parts: Parts) -> None:
    hosts = [host for name, host in parts.query if name == "host"]
    if len(hosts) > 1 or "," in parts.host:
        _check_hosts(parts.driver, hosts)
    if "@" in parts.host or "@" in (parts.database or ""):
        raise ValueError(PERCENT_HINT)
    if parts.host and ":" not in parts.host and not HOST.fullmatch(parts.host):
        raise ValueError(f"a host is a name or an address, and {PERCENT_HINT}")
    try:
        parts.host.encode("idna")
    except UnicodeError:
        raise ValueError("a part of a host's name has 1 to 63 characters") from None
    # An Oracle database is also found by its service name or the host alone.
    if not (parts.database or (parts.dialect_name == "oracle" and parts.host)):
        raise ValueError(
            "it must name a database, as in"
            f" '{parts.dialect_name}://user:password@localhost/app'"
        )


def _check_hosts(driver: Driver, hosts: list[str]) -> None:
    for host in hosts:
        _port(host.partition(":")[2] or None)
    # Those without a list of parameters are for SQL Server, where a port may follow
    # a comma, and for Oracle.
    if driver.parameters and FINDS_PRIMARY not in driver.parameters:
        able = [it.name for it in drivers().values() if FINDS_PRIMARY in it.parameters]
        raise ValueError(
            f"{driver.name!r} takes one host, and {listed(able)} take several"
        )


def _check_carried(database: str) -> None:
    found = re.search(r"""['"$\\`]""", database)
    if found:
        raise ValueError(f"a database name or path cannot hold {found[0]}")
    if database != database.strip():
        raise ValueError("a database name or path cannot begin or end with a space")
    # SQLAlchemy 2.1 decodes this part, 2.0 does not.
    if unquote(database) != database:
        raise ValueError("a database name or path is written without percent-encoding")


def write(parts: Parts) -> str:
    """Return the URL, which can stand between single quotes in a ``.env``."""
    driver = "" if parts.dialect_name == "sqlite" else f"+{parts.driver.name}"
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    port = parts.port and f":{parts.port}"
    database = "" if parts.database is None else f"/{parts.database}"
    return (
        f"{parts.dialect_name}{driver}://{_write_user(parts)}{host}{port}{database}"
        f"{_write_query(parts.query)}"
    )


def _write_user(parts: Parts) -> str:
    if parts.username is None:
        return ""
    given = [text for text in (parts.username, parts.password) if text is not None]
    return ":".join(quote(text, CREDENTIAL_SAFE) for text in given) + "@"


def _write_query(query: tuple[tuple[str, str], ...]) -> str:
    pairs = (f"{quote(k, QUERY_SAFE)}={quote(v, QUERY_SAFE)}" for k, v in query)
    return "?" * bool(query) + "&".join(pairs)


def with_secrets(parts: Parts, text: str) -> Parts:
    """Return the parts with a text in place of each secret."""
    query = ((k, text if SECRET_KEY.match(k) else v) for k, v in parts.query)
    return parts._replace(password=parts.password and text, query=tuple(query))


def masked(url: str) -> str:
    """Return what was given for a URL with stars in place of what may be secret."""
    text = url if SECRETS.search(url) else unquote(url)
    shown = SECRETS.sub(rf"\1{STARS}", text) if SECRETS.search(text) else url
    _, scheme, rest = re.split(r"^([\w+]*://|)", shown, maxsplit=1)
    # What comes before the last '@' may belong to a password that was not encoded.
    rest = re.sub("(?s)[:/].*@", f":{STARS}@", rest, count=1)
    # So may what stands in place of a port.
    return scheme + re.sub(rf":(?!{PORT}|{re.escape(STARS)}@)[^/?]*", f":{STARS}", rest)
