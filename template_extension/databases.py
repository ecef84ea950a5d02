"""What a project needs to know of the database behind its URL."""

from dataclasses import dataclass
from functools import cache

from .catalogue import Dialect
from .catalogue import Driver
from .urls import Parts
from .urls import STARS
from .urls import take_apart
from .urls import with_secrets
from .urls import write

LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})
SOCKET_KEYS = frozenset("host hostaddr odbc_connect unix_sock unix_socket".split())
SQLITE_URL = "sqlite:////tmp/name.db"
SERVER_URL = "postgresql://localhost/name"
TRUE = frozenset("1 on t true y yes".split())


@dataclass(frozen=True)
class Database:
    """The database of a project, as its files write it."""

    url: str
    """The URL with its driver; unharmed between single quotes in a ``.env`` file."""

    url_without_secrets: str
    """The same with ``password`` in place of each secret."""

    dialect_name: str
    """What SQLAlchemy calls the dialect."""

    dialect: Dialect
    driver: Driver
    username: str
    password: str
    host: str
    port: str
    database_name: str

    lacks_secret: bool
    """Whether there are stars where a password has been."""

    image: str
    """The container image that could be the server, or nothing."""

    blocking: str
    """What to do if greenlets are to serve, or nothing if they can."""

    @property
    def kind(self) -> str:
        return "sqlite" if self.dialect_name == "sqlite" else "server"

    @property
    def accepted_url(self) -> str:
        """A URL that the project accepts, for its tests."""
        if self.kind == "sqlite":
            return SQLITE_URL

        return f"{self.dialect_name}+{self.driver.name}://user:password@localhost/name"

    @property
    def refused_url(self) -> str:
        """A URL that it does not accept."""
        return SERVER_URL if self.kind == "sqlite" else SQLITE_URL

    def requirements(self, greenlets: bool) -> list[str]:
        """Return what a project has to install for it.

        :param greenlets: whether greenlets are to serve.
        """
        needed = [self.driver.requirement, self.dialect.requirement]
        if greenlets:
            needed.append(self.driver.greenlet_requirement)

        return [requirement for requirement in needed if requirement]


@cache
def read_database(url: str) -> Database:
    """Return the database behind a URL.

    :raises ValueError: if the URL cannot work; the message says what is accepted.
    """
    parts = take_apart(url)
    return Database(
        url=write(parts),
        url_without_secrets=write(with_secrets(parts, "password")),
        dialect_name=parts.dialect_name,
        dialect=parts.dialect,
        driver=parts.driver,
        username=parts.username or "",
        password=parts.password or "",
        host=parts.host,
        port=parts.port or str(parts.dialect.port or ""),
        database_name=parts.database or "",
        lacks_secret=STARS in (parts.password, *dict(parts.query).values()),
        image=_image(parts),
        blocking=_blocking(parts),
    )


def _image(parts: Parts) -> str:
    # The images make no user without a password.
    suits = (
        parts.host in LOCAL_HOSTS
        and parts.username
        and parts.password
        and not any(key in SOCKET_KEYS for key, _ in parts.query)
    )
    return parts.dialect.images.get(parts.dialect_name, "") if suits else ""


def _blocking(parts: Parts) -> str:
    value = dict(parts.query).get(parts.driver.unblocked_by, "")
    return "" if value.lower() in TRUE else parts.driver.blocking
