"""Which URLs lead to the database.

Tested in ``tests/database/test_urls.py``. Nothing here needs Flask, so a script can use
it too.
"""

import re

from sqlalchemy import make_url
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from . import dialect
from . import driver
from .parameters import translated

ACCEPTED = " or ".join(f"{name}://" for name in dialect.NAMES)

# What stands for a password in a URL that is printed or kept.
STARS = "***"

# Parameters that nobody is to see. A file is no secret.
SECRETS = re.compile(r"(?i)pass(?!file)|pwd|secret|scram_|token(?!_file)|odbc|dsn")

# A URL with several hosts and their ports, as libpq reads it.
HOSTS = re.compile(
    r"([^:/]+://(?:[^/?@]*@)?)([\w.-]*(?::\d+)?(?:,[\w.-]*(?::\d+)?)+)(.*)"
)

# A parameter of drivers that can find the primary among several hosts.
FINDS_PRIMARY = "target_session_attrs"

# What may name a database in the query of a URL.
DATABASE = {"database", "db", "dbname", "dsn", "read_default_file", "service"}


class SecretURL(URL):
    """A URL that shows no password, not even one in its query."""

    __slots__ = ()

    def render_as_string(self, hide_password: bool = True) -> str:
        hidden = {name for name in self.query if hide_password and SECRETS.search(name)}
        query = self.query.union(dict.fromkeys(hidden, STARS))
        return URL.render_as_string(self._replace(query=query), hide_password)


def parse_url(url: str | URL) -> URL:
    """Return the URL of a database, with the driver that this project uses.

    :raises ValueError: if it is no URL, or one that this project cannot use. The
        message goes on after the name of what holds the URL.
    """
    text = url.removeprefix("jdbc:") if isinstance(url, str) else ""
    try:
        url = make_url(with_hosts_in_query(text) or url)
    except ArgumentError:
        raise ValueError(f"is not a URL; it must start with {ACCEPTED}") from None
    except ValueError:
        raise ValueError("has a port that is not a number") from None

    name, _, driver_name = url.drivername.partition("+")
    if name not in dialect.NAMES:
        raise ValueError(f"starts with {name}://; it must start with {ACCEPTED}")
    if driver_name not in ("", driver.NAME):
        raise ValueError(
            f"names the driver {driver_name!r}; this project uses {driver.NAME!r}"
        )

    hosts = (url.host or "").split(",") if driver.PARAMETERS else []
    if len(hosts) > 1 or isinstance(url.query.get("host"), tuple):
        if FINDS_PRIMARY not in driver.PARAMETERS:
            raise ValueError(f"names several hosts, and {driver.NAME} takes one")

    # What follows another one would be shown as the host, or the database.
    if text.partition("?")[0].count("@") > f"{url.username or ''}@".count("@"):
        raise ValueError(
            "has an '@' too many; in a user name or a password write '@' as %40, and"
            " '/' as %2F"
        )
    if STARS in (url.password, *url.query.values()):
        raise ValueError(f"has {STARS} in place of the password")
    try:
        (url.host or "").encode("idna")
    except UnicodeError:
        raise ValueError(
            f"names the host {url.host!r}, which no server can have"
        ) from None

    if dialect.NEEDS_DATABASE and not (url.database or DATABASE & url.query.keys()):
        raise ValueError(f"names no database, as {name}://user@host/name does")

    url = url.set(drivername=f"{dialect.NAMES[name]}+{driver.NAME}")
    return SecretURL(*url.set(query=translated(url.query)))


def with_hosts_in_query(text: str) -> str:
    """Return a URL that names several hosts with their ports as SQLAlchemy reads it."""
    found = HOSTS.fullmatch(text)
    if found is None or ":" not in found[2]:
        return text

    database, _, query = found[3].partition("?")
    hosts = "&".join(f"host={host}" for host in found[2].split(","))
    return f"{found[1]}{database or '/'}?{hosts}{query and '&'}{query}"
