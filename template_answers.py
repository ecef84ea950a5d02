"""Checks the answers and computes what follows from the database URL.

Cookiecutter loads this module as a Jinja extension. A refused answer ends the run with
one line, before anything is written.
"""

import html
import ipaddress
import keyword
import re
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Any
from typing import NamedTuple
from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import unquote

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension
from slugify import slugify

# Line separators and lone surrogates count too: the first would break a heading, the
# second cannot be written as UTF-8.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# --- the project's names --------------------------------------------------------------

TEXTS = ("project_name", "description", "author_name", "author_email")
SLUG = re.compile(r"[a-z][a-z0-9_]*")
SLUG_LENGTH = 30

# Import and distribution names of whatever a generated project may install, folders of
# the project itself, the device names that Windows keeps for itself, and what only some
# of Python 3.10 to 3.14 keep.
TAKEN = frozenset(
    """
    alembic asn1crypto ast_serialize attr attrs blinker certifi cffi charset_normalizer
    click colorama coverage cryptography dateutil dotenv exceptiongroup flask
    flask_alembic flask_migrate flask_sqlalchemy flask_wtf gevent greenlet gunicorn
    idna iniconfig itsdangerous jinja2 librt mako markupsafe mypy mypy_extensions
    mypyc mysql mysql_connector mysql_connector_python mysqlclient mysqldb oracledb
    packaging pathspec pg8000 pip pkg_resources pluggy psutil psycogreen psycopg
    psycopg2 psycopg2_binary psycopg_binary psycopg_c psycopg_pool pycparser pygments
    pymssql pymysql pyodbc pytest pytest_cov python_dateutil python_dotenv ruff scramp
    setuptools six sqlalchemy sqlalchemy_cockroachdb sqlite tomli typing_extensions
    tzdata werkzeug wheel wtforms zope zope_event zope_interface
    conftest instance src test tests
    aux com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt1 lpt2 lpt3 lpt4 lpt5 lpt6
    lpt7 lpt8 lpt9 nul prn
    aifc annotationlib asynchat asyncore audioop binhex cgi cgitb chunk compression
    crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes
    smtpd sndhdr spwd sunau telnetlib tomllib type uu xdrlib
    """.split()
) | {*sys.stdlib_module_names, *keyword.kwlist, *keyword.softkwlist}


def default_slug(project_name: object) -> str:
    """Turn any text into a slug that is accepted."""
    slug = slugify(str(project_name), separator="_", max_length=SLUG_LENGTH)
    if not SLUG.match(slug):
        slug = f"app_{slug}"[:SLUG_LENGTH]
    slug = slug.rstrip("_")
    return f"{slug}_app" if slug in TAKEN else slug


# --- the database ---------------------------------------------------------------------


class Dialect(NamedTuple):
    """What a dialect accepts; the first driver is the one a bare dialect gets."""

    backend: str
    drivers: Mapping[str, str]
    port: str


PSYCOPG = "psycopg[binary]>=3.2.3,<4"
MYSQL = Dialect(
    "mysql",
    {
        "pymysql": "PyMySQL[rsa]>=1.1,<2",
        "mysqldb": "mysqlclient>=2.2.5,<3",
        "mysqlconnector": "mysql-connector-python>=9.1,<27",
    },
    "3306",
)
DIALECTS = {
    "sqlite": Dialect("sqlite", {"pysqlite": ""}, ""),
    "postgresql": Dialect(
        "postgresql",
        {
            "psycopg": PSYCOPG,
            "psycopg2": "psycopg2-binary>=2.9.10,<3",
            "pg8000": "pg8000>=1.31,<2",
        },
        "5432",
    ),
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "mssql": Dialect(
        "mssql",
        {"pyodbc": "pyodbc>=5.2,<6", "pymssql": "pymssql>=2.3.2,<3"},
        "1433",
    ),
    "oracle": Dialect("oracle", {"oracledb": "oracledb>=2.5,<27"}, "1521"),
    "cockroachdb": Dialect(
        "cockroachdb",
        {"psycopg": f"{PSYCOPG}\nsqlalchemy-cockroachdb>=2.0.4,<3"},
        "26257",
    ),
}
ALIASES = {"postgres": "postgresql"}
ASYNCHRONOUS = frozenset(
    "aiomysql aioodbc aiosqlite asyncmy asyncpg oracledb_async psycopg_async"
    " psycopg2_async".split()
)

# C code that waits on a socket of its own, which gevent cannot patch. pymssql's wait
# callback covers the query only: connecting and fetching still block.
NO_MSSQL = "no driver for 'mssql' yields; answer greenlet_support with 'no'"
BLOCKING = {
    "mysqldb": "use 'pymysql'",
    "mysqlconnector": "use 'pymysql', or add 'use_pure=true' to the query",
    "pyodbc": NO_MSSQL,
    "pymssql": NO_MSSQL,
}
GREENLET_REQUIREMENTS = {"psycopg2": "psycogreen>=1.0.2,<2"}

# The grammar of sqlalchemy.make_url, which cookiecutter's environment lacks.
URL = re.compile(
    r"(?P<name>[\w+]+)://"
    r"(?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?"
    r"(?::(?P<port>[^/?]*))?"
    r"(?:/(?P<database>[^?]*))?"
    r"(?:\?(?P<query>.*))?"
)
HOST = re.compile(r"[\w.,-]+(?:\\[\w-]+)?")
# The standard library lets a zone hold any character.
IPV6 = re.compile(r"[0-9A-Fa-f:.]+(?:%[\w.-]+)?")
CREDENTIAL_SAFE = "!&()*+,;="
QUERY_SAFE = "!()*,/:?@[]"
SECRET_KEYS = frozenset(
    "odbc_connect passwd password pwd sslpassword wallet_password".split()
)
SECRETS = re.compile(rf"([?&](?:{'|'.join(sorted(SECRET_KEYS))})=)[^&]*", re.I)
SOCKET_KEYS = frozenset("host hostaddr odbc_connect unix_sock unix_socket".split())
CONTAINERS = frozenset({"postgresql", "mysql", "mariadb"})
LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})
TRUE = frozenset("1 on t true y yes".split())

EXAMPLES = "'sqlite:///app.db' or 'postgresql://user:password@localhost/app'"
PERCENT_HINT = "in a user name or a password write '@' as %40, ':' as %3A, '/' as %2F"


@dataclass(frozen=True)
class Database:
    """What a project needs to know of its database; each attribute is text.

    ``url`` stands unharmed between single quotes in a ``.env`` file, and
    ``example_url`` is the same without its secrets. ``requirement`` has one line for
    each package; ``greenlet_requirement`` is what gevent needs besides. ``container``
    and ``greenlets`` are ``yes`` or ``no``: could a container on this machine be the
    server, and can the driver be used where greenlets serve.
    """

    url: str
    example_url: str
    backend: str
    dialect: str
    driver: str
    requirement: str
    greenlet_requirement: str
    username: str
    password: str
    host: str
    port: str
    database: str
    container: str
    greenlets: str


class Parts(NamedTuple):
    """A URL taken apart and decoded; ``None`` is a part that is not there."""

    dialect: str
    driver: str
    username: str | None
    password: str | None
    host: str
    port: str
    database: str | None
    query: tuple[tuple[str, str], ...]


def read_database(url: str) -> Database:
    """Take the URL apart, or raise ``ValueError`` with what is accepted instead."""
    parts = _parse(url)
    (_check_file if parts.dialect == "sqlite" else _check_server)(parts)
    _check_carried(parts.database or "")
    dialect = DIALECTS[parts.dialect]
    return Database(
        url=_render(parts),
        example_url=_render(_without_secrets(parts)),
        backend=dialect.backend,
        dialect=parts.dialect,
        driver="" if dialect.backend == "sqlite" else parts.driver,
        requirement=dialect.drivers[parts.driver],
        greenlet_requirement=GREENLET_REQUIREMENTS.get(parts.driver, ""),
        username=parts.username or "",
        password=parts.password or "",
        host=parts.host,
        port=parts.port or dialect.port,
        database=parts.database or "",
        container=_yes_or_no(_suits_container(parts)),
        greenlets=_yes_or_no(_suits_greenlets(parts)),
    )


def _parse(url: str) -> Parts:
    match = URL.match(url)
    if match is None:
        raise ValueError(f"accepted is an SQLAlchemy URL such as {EXAMPLES}")
    if CONTROL.search(unquote(url)) or url != url.strip():
        raise ValueError("accepted is a URL without control characters or outer spaces")
    dialect, driver = _driver(match["name"])
    if match.end() < len(url):
        raise ValueError("after the bracket of an IPv6 host comes ':', '/' or '?'")
    return Parts(
        dialect,
        driver,
        _decoded(match["username"]),
        _decoded(match["password"]),
        match["host"] or _ipv6(match["ipv6"]),
        _port(match["port"]),
        match["database"],
        tuple(parse_qsl(match["query"] or "")),
    )


def _driver(name: str) -> tuple[str, str]:
    dialect, plus, driver = name.partition("+")
    dialect = ALIASES.get(dialect, dialect)
    if dialect not in DIALECTS:
        raise ValueError(f"accepted dialects are {_listed(DIALECTS)}")
    drivers = DIALECTS[dialect].drivers
    driver = driver if plus else next(iter(drivers))
    if driver in ASYNCHRONOUS:
        raise ValueError(
            f"{driver!r} is asynchronous, but Flask serves requests synchronously:"
            f" accepted drivers for {dialect!r} are {_listed(drivers)}"
        )
    if driver not in drivers:
        raise ValueError(f"accepted drivers for {dialect!r} are {_listed(drivers)}")
    return dialect, driver


def _decoded(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _ipv6(host: str | None) -> str:
    if host is None:
        return ""
    try:
        ipaddress.IPv6Address(host if IPV6.fullmatch(host) else "")
    except ValueError:
        raise ValueError("between brackets stands an IPv6 address: '[::1]'") from None
    return host


def _port(port: str | None) -> str:
    if port is None:
        return ""
    if not re.fullmatch("0*[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise ValueError(
            "a port is a number from 1 to 65535, an IPv6 host stands in brackets,"
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
    if "@" in parts.host or "@" in (parts.database or ""):
        raise ValueError(PERCENT_HINT)
    if parts.host and ":" not in parts.host and not HOST.fullmatch(parts.host):
        raise ValueError(f"a host is a name or an address, and {PERCENT_HINT}")
    # An Oracle database is also found by its service name or the host alone.
    if not (parts.database or (parts.dialect == "oracle" and parts.host)):
        raise ValueError(
            "accepted is a URL that names a database, as in"
            f" '{parts.dialect}://user:password@localhost/app'"
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


def _render(parts: Parts) -> str:
    driver = "" if parts.dialect == "sqlite" else f"+{parts.driver}"
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    port = parts.port and f":{parts.port}"
    database = "" if parts.database is None else f"/{parts.database}"
    return (
        f"{parts.dialect}{driver}://{_render_user(parts)}{host}{port}{database}"
        f"{_render_query(parts.query)}"
    )


def _render_user(parts: Parts) -> str:
    if parts.username is None:
        return ""
    given = [text for text in (parts.username, parts.password) if text is not None]
    return ":".join(quote(text, CREDENTIAL_SAFE) for text in given) + "@"


def _render_query(query: tuple[tuple[str, str], ...]) -> str:
    pairs = (f"{quote(k, QUERY_SAFE)}={quote(v, QUERY_SAFE)}" for k, v in query)
    return "?" * bool(query) + "&".join(pairs)


def _without_secrets(parts: Parts) -> Parts:
    query = ((k, "password" if k.lower() in SECRET_KEYS else v) for k, v in parts.query)
    return parts._replace(
        password=parts.password and "password",
        query=tuple(query),
    )


def _suits_container(parts: Parts) -> bool:
    # The images make no user without a password.
    return (
        parts.dialect in CONTAINERS
        and parts.host in LOCAL_HOSTS
        and bool(parts.username and parts.password)
        and not any(key in SOCKET_KEYS for key, _ in parts.query)
    )


def _suits_greenlets(parts: Parts) -> bool:
    pure = dict(parts.query).get("use_pure", "").lower() in TRUE
    return parts.driver not in BLOCKING or (parts.driver == "mysqlconnector" and pure)


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


# --- the checks -----------------------------------------------------------------------


def check_answers(answers: Mapping[str, Any]) -> str:
    """Return nothing, or end the run with a line for each answer that is refused."""
    problems = list(_problems(answers))
    if problems:
        raise FailedHookException("\n".join(problems))
    return ""


def database(url: str, name: str) -> str:
    """Return one attribute of the :class:`Database` behind the URL."""
    try:
        return str(getattr(read_database(url), name))
    except ValueError as reason:
        raise FailedHookException(_refused_url(url, reason)) from None


def _problems(answers: Mapping[str, Any]) -> Iterator[str]:
    for name in TEXTS:
        yield from _text_problems(name, answers[name])
    yield from _slug_problems(answers["project_slug"])
    for name, accepted in answers["_choices"].items():
        if answers[name] not in accepted:
            listed = " or ".join(map(repr, accepted))
            yield f"{name} is {answers[name]!r}; it must be {listed}."
    yield from _url_problems(str(answers["database_url"]), answers["greenlet_support"])


def _text_problems(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or CONTROL.search(value):
        yield f"{name} is {value!r}; it must be one line without control characters."
    elif name == "project_name" and not value.strip():
        yield f"{name} is {value!r}; it must not be blank."


def _slug_problems(slug: object) -> Iterator[str]:
    if not (
        isinstance(slug, str) and len(slug) <= SLUG_LENGTH and SLUG.fullmatch(slug)
    ):
        yield (
            f"project_slug is {slug!r}; it must be at most {SLUG_LENGTH} lower-case"
            f" letters, digits and underscores, as in {default_slug(slug)!r}."
        )
    elif slug in TAKEN:
        yield (
            f"project_slug is {slug!r}, which is taken by Python or by a package that"
            f" the project needs; use another, such as {default_slug(slug)!r}."
        )


def _url_problems(url: str, greenlets: str) -> Iterator[str]:
    try:
        found = read_database(url)
    except ValueError as reason:
        yield _refused_url(url, reason)
        return
    if greenlets == "yes" and found.greenlets == "no":
        advice = BLOCKING[found.driver]
        yield _refused_url(url, f"{found.driver!r} blocks all greenlets: {advice}")


def _refused_url(url: str, reason: object) -> str:
    return f"database_url is {_masked(url)!r}; {reason}."


def _masked(url: str) -> str:
    # Whatever stands before the last '@' may belong to a password that was not encoded.
    _, scheme, rest = re.split(r"^([\w+]*://|)", url, maxsplit=1)
    rest = re.sub("(?s):.*@", ":***@", rest, count=1)
    return SECRETS.sub(r"\1***", scheme + rest)


def _listed(names: Any) -> str:
    quoted = [f"'{name}'" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))


# --- how text is written --------------------------------------------------------------


def toml_string(text: str) -> str:
    """Return a TOML string, quotes included."""
    escaped = re.sub(r'["\\]', r"\\\g<0>", text)
    return '"' + CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped) + '"'


def is_address(text: str) -> bool:
    """Tell whether the build of a project takes the text as an email address."""
    try:
        Address(addr_spec=text)
    except (HeaderParseError, IndexError, ValueError):
        return False

    return bool(text)


def html_text(text: str) -> str:
    """Return the text for an HTML file that is itself a Jinja template."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def dotenv_value(value: str) -> str:
    """Return a quoted value as Docker Compose reads it from a ``.env`` file."""
    if "'" not in value and not value.endswith("\\"):
        return f"'{value}'"
    return '"' + re.sub(r'["\\$`]', r"\\\g<0>", value) + '"'


def compose_string(text: str) -> str:
    """Return a string for a Compose file, where a dollar sign is written twice."""
    return toml_string(text).replace("$", "$$")


class Answers(Extension):
    """Offers the functions of this module as filters of the same name."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        for function in (
            check_answers,
            compose_string,
            database,
            default_slug,
            dotenv_value,
            html_text,
            is_address,
            toml_string,
        ):
            environment.filters[function.__name__] = function
