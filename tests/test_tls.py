"""Each driver protects connections as a URL says, in whatever words."""

import json
import re
from collections.abc import Callable
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url

from template_extension.databases import read_database
from tests import needs
from tests import servers
from tests.certificates import Certificate
from tests.certificates import certificate
from tests.clusters import pgbouncer
from tests.conftest import Bake
from tests.conftest import Project
from tests.conftest import ROOT

POSTGRESQL = ["psycopg", "psycopg2", "pg8000"]
MYSQL = ["pymysql", "mysqldb", "mysqlconnector"]

# The first is in the certificate of the server.
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"

# Prints what a connection is encrypted with, for each URL. PgBouncer does not say.
CONNECT = """
import json, sys
from my_flask_app.database.connections import create_engine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

def answer(url):
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                return "connected"
            status = connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'"))
            return "encrypted" if status.one()[1] else "plain"
    except DBAPIError as error:
        return "refused"
    finally:
        engine.dispose()

print(json.dumps([answer(url) for url in sys.argv[1:]]))
"""


Projects = Callable[[str], Project]


# Prints what is said to each URL, which is nothing if it can be used.
START = """
import json, os, sys
from my_flask_app.config import database_url
from my_flask_app.environment import ConfigError

def answer(url):
    os.environ["DATABASE_URL"] = url
    try:
        database_url("DATABASE_URL")
    except ConfigError as error:
        return error.format_message()
    return ""

print(json.dumps([answer(url) for url in sys.argv[1:]]))
"""


class EncryptingMariaDB(servers.MariaDB):
    certificate: Certificate

    def install(self) -> "list[str | Path]":
        return [
            *super().install(),
            f"--bind-address={HERE},{ELSEWHERE}",
            f"--ssl-cert={self.certificate.file}",
            f"--ssl-key={self.certificate.key_file}",
        ]

    def create_app(self) -> None:
        super().create_app()
        self.execute("CREATE USER app@'%' IDENTIFIED BY 'p@ss'")
        self.execute("GRANT ALL ON *.* TO app@'%'")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="server-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def authority(folder: Path) -> Certificate:
    return certificate(folder, "authority")


@pytest.fixture(scope="module")
def others(folder: Path) -> Certificate:
    """Return an authority that has not signed the server's certificate."""
    return certificate(folder, "others")


@pytest.fixture(scope="module")
def own(folder: Path, authority: Certificate) -> Certificate:
    own = certificate(folder, HERE, authority)
    own.give_to(servers.unprivileged_user(folder))
    return own


@pytest.fixture(scope="module")
def mariadb(folder: Path, own: Certificate) -> Iterator[str]:
    """Return the URL of a server that offers encryption."""
    files = folder / "mariadb"
    files.mkdir()
    EncryptingMariaDB.certificate = own
    server = EncryptingMariaDB(files)
    with servers.stopped_at_the_end(server):
        yield server.url


@pytest.fixture(scope="module")
def postgresql(
    folder: Path, own: Certificate, postgresql_server: servers.PostgreSQL
) -> Iterator[str]:
    """Return the URL of a server that demands encryption."""
    files = folder / "pgbouncer"
    files.mkdir()
    settings = f"""
listen_addr = {HERE},{ELSEWHERE}
client_tls_sslmode = require
client_tls_cert_file = {own.file}
client_tls_key_file = {own.key_file}
"""
    with pgbouncer(files, postgresql_server, 5, settings) as bouncer:
        yield f"postgresql://app@{HERE}:{bouncer.port}/app"


@pytest.fixture(scope="module")
def projects(bake: Bake) -> Projects:
    """Return a function that returns a project with a driver."""

    @cache
    def project(driver: str) -> Project:
        if driver == "mysqldb":
            needs.package("MySQLdb")

        name = "postgresql" if driver in POSTGRESQL else "mysql"
        return bake(database_url=f"{name}+{driver}://me@localhost/app")

    return project


def connections(project: Project, urls: list[str], **environment: str) -> list[str]:
    output = project.python("-c", CONNECT, *urls, **environment)
    found: list[str] = json.loads(output)
    return found


@pytest.fixture
def encrypting(request: pytest.FixtureRequest, driver: str) -> str:
    """Return the URL of a server that encrypts, for a driver."""
    return url_for(driver, request, "postgresql", "mariadb")


@pytest.fixture
def plain(request: pytest.FixtureRequest, driver: str) -> str:
    """Return the URL of a server that does not encrypt, for a driver."""
    return url_for(driver, request, "postgresql_url", "mariadb_url")


def url_for(driver: str, request: pytest.FixtureRequest, *names: str) -> str:
    url: str = request.getfixturevalue(names[driver in MYSQL])
    scheme = "mysql" if driver in MYSQL else "postgresql"
    return f"{scheme}+{driver}{url[url.index('://') :]}"


every_driver = pytest.mark.parametrize("driver", POSTGRESQL + MYSQL)


@every_driver
def test_only_what_must_be_encrypted_is_refused_without(
    projects: Projects, driver: str, plain: str, authority: Certificate
) -> None:
    urls = [
        f"{plain}?ssl-mode=DISABLED",
        f"{plain}?ssl-mode=PREFERRED",
        f"{plain}?ssl-mode=REQUIRED",
        f"{plain}?ssl-mode=VERIFY_CA&ssl-ca={authority.file}",
        f"{plain}?ssl-mode=VERIFY_IDENTITY&ssl-ca={authority.file}",
    ]
    disabled, preferred, *required = connections(projects(driver), urls)
    assert disabled == preferred != "refused"
    assert required == ["refused"] * 3


@every_driver
def test_what_must_be_encrypted_is(
    projects: Projects, driver: str, encrypting: str
) -> None:
    urls = [f"{encrypting}?ssl-mode=DISABLED", f"{encrypting}?ssl-mode=REQUIRED"]
    found = connections(projects(driver), urls)
    assert found in (["refused", "connected"], ["plain", "encrypted"])


@every_driver
def test_a_server_is_verified_by_the_authority_that_is_named(
    projects: Projects,
    driver: str,
    encrypting: str,
    authority: Certificate,
    others: Certificate,
) -> None:
    urls = [
        f"{encrypting}?ssl-mode={mode}&ssl-ca={it.file}"
        for mode in ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
        for it in (authority, others)
    ]
    found = connections(projects(driver), urls)
    assert found[1::2] == ["refused"] * 3
    assert set(found[::2]) in ({"connected"}, {"encrypted"})


@every_driver
def test_a_server_is_verified_by_its_name_if_it_has_to_be(
    projects: Projects, driver: str, encrypting: str, authority: Certificate
) -> None:
    url = encrypting.replace(HERE, ELSEWHERE)
    urls = [
        f"{url}?ssl-mode=VERIFY_CA&ssl-ca={authority.file}",
        f"{url}?ssl-mode=VERIFY_IDENTITY&ssl-ca={authority.file}",
    ]
    either, refused = connections(projects(driver), urls)
    assert refused == "refused"
    # MariaDB's client always looks at the name.
    assert either != "refused" or driver == "mysqldb"


@every_driver
def test_a_server_is_verified_by_what_the_system_trusts(
    projects: Projects, driver: str, encrypting: str, authority: Certificate
) -> None:
    url = f"{encrypting}?sslaccept=strict"
    if driver in POSTGRESQL:
        url += "&sslrootcert=system"

    [refused] = connections(projects(driver), [url])
    [found] = connections(projects(driver), [url], SSL_CERT_FILE=str(authority.file))
    assert (refused, found) in [("refused", "connected"), ("refused", "encrypted")]


ROW = re.compile(r"^\| .+ \| `(\S+://\S+)` \| (.+) \|$", re.MULTILINE)
PRINTED = ROW.findall((ROOT / "docs/databases.md").read_text())

# How a connection ends that is made to the server that encrypts, to the same by another
# name than in its certificate, and to the server that does not.
ENDS = {
    "plain": [False, False, True],
    "as the server likes": [True, True, True],
    "encrypted": [True, True, False],
    "verified": [True, False, False],
}


def printed(driver: str) -> "list[tuple[str, str]]":
    """Return what hosting companies print for a driver, and how it protects."""
    start = "mysql" if driver in MYSQL else "postgres"
    return [
        (url.replace("://", f"+{driver}://", 1), protection)
        for url, protection in PRINTED
        if url.startswith(start)
    ]


def leading_to(server: str, url: str, authority: Certificate) -> str:
    """Return what was printed, as far as it can be for a server on this machine."""
    there, query = make_url(server), dict(make_url(url).query)
    if server != url:
        # PgBouncer, which encrypts here, cannot do that.
        query.pop("channel_binding", None)
    for name in query.keys() & {"ssl-ca", "ssl_ca", "sslrootcert"}:
        query[name] = str(authority.file)

    return there.set(query=query).render_as_string(hide_password=False)


@every_driver
def test_what_hosting_companies_print_protects_as_it_should(
    projects: Projects,
    driver: str,
    encrypting: str,
    plain: str,
    authority: Certificate,
) -> None:
    servers = [encrypting, encrypting.replace(HERE, ELSEWHERE), plain]
    rows = [(url, ENDS[how]) for url, how in printed(driver) if how in ENDS]
    found = connections(
        projects(driver),
        [leading_to(it, url, authority) for url, _ in rows for it in servers],
        SSL_CERT_FILE=str(authority.file),
    )
    assert len(rows) > 5
    for number, (url, ends) in enumerate(rows):
        answers = found[3 * number : 3 * number + 3]
        assert [it != "refused" for it in answers] == ends, (url, answers)


@every_driver
def test_what_hosting_companies_print_is_taken_or_refused_in_one_line(
    projects: Projects, driver: str, authority: Certificate
) -> None:
    rows = printed(driver)
    here = [leading_to(url, url, authority) for url, _ in rows]
    said = starts(projects(driver), here)
    for (url, protection), started in zip(rows, said, strict=True):
        reason = protection.partition("refused: ")[2]
        if "channel_binding" in url and driver == "pg8000":
            reason = "'channel_binding'"

        for line in (asked(url), started):
            assert reason in line and bool(reason) is bool(line), url
            assert len(line.splitlines()) <= 1 and ":password" not in line


def asked(url: str) -> str:
    """Return what the template says to a URL, which is nothing if it takes it."""
    try:
        read_database(url)
    except ValueError as reason:
        return str(reason)

    return ""


def starts(project: Project, urls: list[str]) -> list[str]:
    """Return what a project says to each URL as it starts."""
    found: list[str] = json.loads(project.python("-c", START, *urls))
    return found
