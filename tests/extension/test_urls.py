import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy import URL

from template_extension.catalogue import dialects
from template_extension.catalogue import drivers_of
from template_extension.databases import read_database
from template_extension.text import dotenv_value
from template_extension.text import listed
from template_extension.urls import masked
from template_extension.urls import take_apart
from tests.extension.samples import NASTY_URLS


def with_driver(url: str) -> URL:
    """The URL as SQLAlchemy reads it, with the driver that this template sets."""
    name, driver = read_database(url).dialect_name, read_database(url).driver.name
    scheme = name if name == "sqlite" else f"{name}+{driver}"
    return make_url(url).set(drivername=scheme)


@pytest.mark.parametrize("url", NASTY_URLS)
def test_the_url_means_to_sqlalchemy_what_was_answered(url: str) -> None:
    assert make_url(read_database(url).url) == with_driver(url)


@pytest.mark.parametrize("url", NASTY_URLS)
def test_a_written_url_is_written_the_same_again(url: str) -> None:
    written = read_database(url).url

    assert read_database(written).url == written


@pytest.mark.parametrize("url", NASTY_URLS)
def test_every_reader_of_an_env_file_reads_the_url(url: str, tmp_path: Path) -> None:
    written = read_database(url).url

    assert dotenv_value(written) == f"'{written}'"
    assert read_env_file(tmp_path, f"'{written}'") == (written, written)


def read_env_file(folder: Path, value: str) -> tuple[str | None, str]:
    """The value as python-dotenv and the shell read it, between two others."""
    file = folder / ".env"
    file.write_text(f"A='a'\nDATABASE_URL={value}\nB=\"b\"\n", encoding="utf-8")
    shell = subprocess.run(
        ["sh", "-c", '. ./.env; printf %s "$DATABASE_URL"'],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return dotenv_values(file)["DATABASE_URL"], shell.stdout.decode()


@pytest.mark.parametrize("url", NASTY_URLS)
def test_the_example_url_differs_in_the_password_alone(url: str) -> None:
    found = read_database(url)
    password = "password" if found.password else make_url(url).password

    assert make_url(found.url_without_secrets) == make_url(found.url).set(
        password=password
    )


def test_the_example_url_keeps_no_secret_of_the_query() -> None:
    url = "postgresql://h/d?password=secret&sslpassword=secret&sslmode=require"

    assert read_database(url).url_without_secrets == (
        "postgresql+psycopg://h/d?password=password&sslpassword=password"
        "&sslmode=require"
    )


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("sqlite+pysqlite:///a.db", "sqlite:///a.db"),
        ("postgres://h/d", "postgresql+psycopg://h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("mysql://h/d", "mysql+pymysql://h/d"),
        ("mariadb://h/d", "mariadb+pymysql://h/d"),
        ("mysql2://h/d", "mysql+pymysql://h/d"),
        ("jdbc:postgresql://h/d", "postgresql+psycopg://h/d"),
        ("mssql://h/d", "mssql+pyodbc://h/d"),
        ("oracle://h/d", "oracle+oracledb://h/d"),
        ("cockroachdb://h/d", "cockroachdb+psycopg://h/d"),
    ],
)
def test_a_bare_dialect_gets_a_driver(url: str, written: str) -> None:
    assert read_database(url).url == written


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("postgresql://u:p@a:1,b:2/d", "postgresql+psycopg://u:p@/d?host=a:1&host=b:2"),
        (
            "postgres://a:1,b/d?target_session_attrs=read-write",
            "postgresql+psycopg:///d?host=a:1&host=b&target_session_attrs=read-write",
        ),
        ("cockroachdb://a,b:2/d", "cockroachdb+psycopg:///d?host=a&host=b:2"),
        ("mssql://u:p@a,1433/d", "mssql+pyodbc://u:p@a,1433/d"),
    ],
)
def test_several_hosts_may_have_ports(url: str, written: str) -> None:
    assert read_database(url).url == written


DIALECTS = {name for it in dialects().values() for name in it.names.values()}
HINT = "in a user name or a password write '@' as %40, ':' as %3A, '/' as %2F"
NO_URL = (
    "it must be an SQLAlchemy URL such as 'sqlite:///app.db' or"
    " 'postgresql://user:password@localhost/app'"
)
IN_MEMORY = (
    "each connection to SQLite in memory has a database of its own, which ends with it:"
    " name a file, as in 'sqlite:///app.db'"
)
SLASHES = "a path follows three slashes, as in 'sqlite:///app.db'"
POSTGRESQL, MYSQL, SQLITE = (
    f"accepted drivers for {name!r} are {listed(drivers_of(dialects()[name]))}"
    for name in ("postgresql", "mysql", "sqlite")
)
ONE_HOST = "takes one host, and 'psycopg' and 'psycopg2' take several"
LATE = "is asynchronous, but Flask serves requests synchronously"
PORT = (
    f"a port is a number from 1 to 65535, an IPv6 host belongs in brackets, and {HINT}"
)
LABEL = "a part of a host's name has 1 to 63 characters"
NAMELESS = "it must name a database, as in '{}://user:password@localhost/app'"
OUTSIDE = "it must be a URL without control characters or outer spaces"
ENCODED = "a database name or path is written without percent-encoding"
UNKNOWN = "{!r} knows no parameter {!r}: leave it out, or correct it"
MODES = "must be one of disable, allow, prefer, require, verify-ca, verify-full"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", NO_URL),
        ("app.db", NO_URL),
        ("sqlite:/app.db", NO_URL),
        ("://h/d", NO_URL),
        (" sqlite:///a.db", NO_URL),
        ("sqlite:///a.db ", OUTSIDE),
        ("postgresql://h/a\nb", OUTSIDE),
        ("postgresql://u%0A@h/d", OUTSIDE),
        (
            "mongodb://h/d",
            f"accepted dialects are {listed(sorted(DIALECTS))}",
        ),
        ("postgresql+psycopg3://h/d", POSTGRESQL),
        ("postgresql://a:1,b:port/d", PORT),
        ("postgresql://a:1,b:65536/d", PORT),
        ("postgresql://u:p@/d?host=a:1&host=b:port", PORT),
        ("postgresql+pg8000://a:1,b:2/d", f"'pg8000' {ONE_HOST}"),
        ("postgresql+pg8000:///d?host=a&host=b", f"'pg8000' {ONE_HOST}"),
        ("mysql://a,b/d", f"'pymysql' {ONE_HOST}"),
        ("postgresql+://h/d", POSTGRESQL),
        ("mysql+psycopg://h/d", MYSQL),
        ("oracle+cx_oracle://h/d", "accepted drivers for 'oracle' are 'oracledb'"),
        ("postgres+asyncpg://h/d", f"'asyncpg' {LATE}: {POSTGRESQL}"),
        ("postgresql+psycopg_async://h/d", f"'psycopg_async' {LATE}: {POSTGRESQL}"),
        ("mysql+aiomysql://h/d", f"'aiomysql' {LATE}: {MYSQL}"),
        ("mysql+asyncmy://h/d", f"'asyncmy' {LATE}: {MYSQL}"),
        (
            "sqlite+aiosqlite:///a.db",
            f"'aiosqlite' {LATE}: {SQLITE}",
        ),
        ("sqlite://", IN_MEMORY),
        ("sqlite:///", IN_MEMORY),
        ("sqlite:///:memory:", IN_MEMORY),
        ("sqlite:///file::memory:?cache=shared&uri=true", IN_MEMORY),
        ("sqlite:///file:a?mode=memory&uri=true", IN_MEMORY),
        ("sqlite:///file:/a?vfs=memdb&uri=true", IN_MEMORY),
        ("sqlite://app.db", SLASHES),
        ("sqlite://localhost/app.db", SLASHES),
        ("postgresql://h", NAMELESS.format("postgresql")),
        ("postgres://h/", NAMELESS.format("postgresql")),
        ("mysql://h?charset=utf8mb4", NAMELESS.format("mysql")),
        ("mssql:///?odbc_connect=***", NAMELESS.format("mssql")),
        ("oracle:///?service_name=x", NAMELESS.format("oracle")),
        ("postgresql://h:port/d", PORT),
        ("postgresql://h:/d", PORT),
        ("postgresql://h:0/d", PORT),
        ("postgresql://h:65536/d", PORT),
        ("postgresql://h:٣/d", PORT),
        ("postgresql://::1/d", PORT),
        ("postgresql://[::1/d", PORT),
        (
            "postgresql://[nonsense]/d",
            "an IPv6 address belongs between the brackets: '[::1]'",
        ),
        (
            "postgresql://[::1]5432/d",
            "after the bracket of an IPv6 host comes ':', '/' or '?'",
        ),
        ("postgresql://my host/d", f"a host is a name or an address, and {HINT}"),
        (f"postgresql://{64 * 'a'}.example/d", LABEL),
        ("postgresql://db..example/d", LABEL),
        ("postgresql://h'/d", f"a host is a name or an address, and {HINT}"),
        (
            "postgresql://[fe80::1%'$x]/d",
            "an IPv6 address belongs between the brackets: '[::1]'",
        ),
        (
            "postgresql://h/d ?sslmode=require",
            "a database name or path cannot begin or end with a space",
        ),
        ("postgresql://h/it's", "a database name or path cannot hold '"),
        ("postgresql://h/$d", "a database name or path cannot hold $"),
        ("sqlite:///C:\\app.db", "a database name or path cannot hold \\"),
        ("postgresql://h/a%20b", ENCODED),
        ("sqlite:///a%2Fb.db", ENCODED),
        ("mysql://h/d?nonsense=1", UNKNOWN.format("pymysql", "nonsense")),
        ("cockroachdb://h/d?charset=x", UNKNOWN.format("psycopg", "charset")),
        ("mysql+mysqldb://h/d?options=x", UNKNOWN.format("mysqldb", "options")),
        (
            "postgresql+pg8000://h/d?sslmode=require&channel_binding=require",
            UNKNOWN.format("pg8000", "channel_binding"),
        ),
        (
            "postgresql://h/d?pgbouncer=true",
            "'psycopg' knows no parameter 'pgbouncer': leave it out; psycopg needs"
            " DATABASE_POOLER=yes",
        ),
        ("postgresql://h/d?sslmode=on", f"'sslmode' {MODES}"),
        ("mysql://h/d?ssl-mode=hunter2", f"'ssl-mode' {MODES}"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_reason(
    url: str, reason: str
) -> None:
    with pytest.raises(ValueError) as refused:
        take_apart(url)

    assert str(refused.value) == reason
    assert len(reason.splitlines()) == 1


@pytest.mark.parametrize(
    "query",
    [
        "ssl-mode=REQUIRED",
        "sslmode=verify-full&sslrootcert=/missing",
        "sslMode=VERIFY_IDENTITY&ssl-ca=/missing&ssl_cert=/missing",
        "ssl=true",
        'ssl={"rejectUnauthorized":true}',
        "sslaccept=strict",
        "useSSL=true&verifyServerCertificate=false&allowPublicKeyRetrieval=true",
        "ssl_ca=/missing&ssl_verify_cert=true&ssl_verify_identity=true",
        "reconnect=true",
    ],
)
@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgresql+pg8000", "mysql", "mysql+mysqldb"]
)
def test_a_parameter_is_accepted_in_the_words_of_many(scheme: str, query: str) -> None:
    assert make_url(read_database(f"{scheme}://h/d?{query}").url).query == (
        make_url(f"{scheme}://h/d?{query}").query
    )


def test_only_a_driver_that_is_known_well_refuses_a_parameter() -> None:
    for url in ("mssql://h/d?nonsense=1", "oracle://h/d?ssl-mode=nonsense"):
        assert read_database(url).url.endswith(url.partition("?")[2])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@h", "postgresql://me:***@h"),
        ("postgresql://me:hun@ter2@h/d", "postgresql://me:***@h/d"),
        ("postgresql://me:hun/t@er2@h/d", "postgresql://me:***@h/d"),
        ("postgresql:/me:hunter2@h/d", "postgresql:***@h/d"),
        ("postgresql//me:hunter2@h/d", "postgresql:***@h/d"),
        ("me:hunter2@h/d", "me:***@h/d"),
        ("nosql://me:hunter2@h/d?password=hunter2", "nosql://me:***@h/d?password=***"),
        ("mssql:///?odbc_connect=PWD%3Dhunter2", "mssql:///?odbc_connect=***"),
        ("postgresql://me:hunter2/shop", "postgresql://me:***/shop"),
        ("postgresql://me:hunter2", "postgresql://me:***"),
        ("mysql://root:hunter2:3306/shop", "mysql://root:***/shop"),
        ("oracle://me/hunter2@h:1521/d", "oracle://me:***@h:1521/d"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=***"),
        ("password: 'a\\'b hunter2'", "password:***"),
        ("Pwd={a b;hunter2}", "Pwd=***"),
        ("nosql://h/d?pass%77ord=hunter2", "nosql://h/d?password=***"),
        ("nosql://h/d?x=1&password=a;hunter2", "nosql://h/d?x=1&password=***"),
        ("postgresql://h:5432,g:5433/d", "postgresql://h:5432,g:5433/d"),
    ],
)
def test_a_url_of_any_form_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked(url) == shown
