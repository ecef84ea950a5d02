"""Odd but valid URLs work all the way: .env, application and migrations."""

import subprocess
from pathlib import Path
from urllib.parse import quote
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import text

from tests.conftest import Bake
from tests.conftest import Project

PASSWORD = """p@s/s:w%o$r{d} #1 "'\\`?&=+€"""


def serves_the_first_page(project: Project) -> None:
    project.python("-m", "flask", "db", "upgrade")
    project.python(
        "-c",
        f"from {project.slug}.app import create_app\n"
        "assert create_app().test_client().get('/').status_code == 200",
    )


@pytest.fixture
def user(mariadb_url: str) -> str:
    """Return the name of a user that needs the odd password."""
    url = make_url(mariadb_url).set(drivername="mariadb+pymysql")
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "CREATE OR REPLACE USER 'o$dd'@localhost IDENTIFIED BY :password",
            "GRANT ALL ON app.* TO 'o$dd'@localhost",
        ):
            parameters = {"password": PASSWORD} if ":password" in statement else {}
            connection.execute(text(statement), parameters)

    engine.dispose()
    return "o$dd"


@pytest.mark.parametrize("layer", ["Flask-SQLAlchemy", "SQLAlchemy"])
def test_a_password_of_all_kinds_of_characters(
    bake: Bake, mariadb_url: str, user: str, layer: str
) -> None:
    port = urlsplit(mariadb_url).port
    credentials = f"{quote(user)}:{quote(PASSWORD, safe='')}"
    url = f"mysql://{credentials}@127.0.0.1:{port}/app?charset=utf8mb4"
    serves_the_first_page(
        bake(database_url=url, sqlalchemy_layer=layer, example_app="no")
    )


def test_a_password_whose_special_characters_are_not_encoded(
    bake: Bake, mariadb_url: str, user: str
) -> None:
    port = urlsplit(mariadb_url).port
    password = PASSWORD.replace("%", "%25").replace("@", "%40").replace("/", "%2F")
    url = f"mysql://{user}:{password}@127.0.0.1:{port}/app"
    serves_the_first_page(bake(database_url=url, example_app="no"))


def test_a_unix_socket(bake: Bake, postgresql_url: str, mariadb_url: str) -> None:
    for url, query in [
        (postgresql_url, "SHOW unix_socket_directories"),
        (mariadb_url, "SELECT @@socket"),
    ]:
        parts = urlsplit(url)
        driver = "postgresql+psycopg" if "postgres" in url else "mariadb+pymysql"
        engine = create_engine(url.replace(parts.scheme, driver, 1))
        with engine.connect() as connection:
            socket = connection.scalar(text(query))

        engine.dispose()
        option = "host" if "postgres" in url else "unix_socket"
        port = f"&port={parts.port}" if "postgres" in url else ""
        user = parts.netloc.rpartition("@")[0]
        serves_the_first_page(
            bake(
                database_url=f"{parts.scheme}://{user}@/app?{option}={socket}{port}",
                example_app="no",
            )
        )


def test_an_ipv6_host(bake: Bake, postgresql_url: str) -> None:
    url = postgresql_url.replace("127.0.0.1", "[::1]")
    serves_the_first_page(bake(database_url=url, example_app="no"))


def test_a_url_from_a_hosting_company_is_understood_at_run_time(
    bake: Bake, postgresql_url: str
) -> None:
    url = postgresql_url.replace("postgresql://", "postgres://")
    project = bake(database_url="postgresql://me@elsewhere/app", example_app="no")
    project.python("-m", "flask", "db", "upgrade", DATABASE_URL=url)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (
            "/app?nonsense=1",
            "has 'nonsense', which pymysql does not know; leave it out",
        ),
        ("/app?ssl_ca=/no", "has 'ssl_ca', which must name a file; '/no' is none"),
        ("?ssl=true", "names no database, as mysql://user@host/name does"),
    ],
)
@pytest.mark.parametrize("layer", ["Flask-SQLAlchemy", "SQLAlchemy"])
def test_what_is_wrong_with_a_url_is_one_line_of_each_command(
    bake: Bake, layer: str, query: str, reason: str
) -> None:
    project = bake(database_url="mysql://me@elsewhere/app", sqlalchemy_layer=layer)
    url = f"mysql://me:hunter2@elsewhere{query}"
    for command in (["routes"], ["db", "upgrade"]):
        result = project.try_python("-m", "flask", *command, DATABASE_URL=url)
        assert result.returncode == 1
        assert result.stdout == f"Error: DATABASE_URL {reason}\n"


def test_a_path_of_a_sqlite_file_with_spaces(bake: Bake, tmp_path: Path) -> None:
    path = tmp_path / "my data, 100% & more #1.db"
    serves_the_first_page(bake(database_url=f"sqlite:///{path}"))
    assert path.exists()


def test_the_env_file_means_the_same_to_a_shell(bake: Bake) -> None:
    url = f"postgresql://me:{quote(PASSWORD, safe='')}@localhost/app"
    project = bake(database_url=url)
    result = subprocess.run(
        ["sh", "-c", '. ./.env && printf %s "$DATABASE_URL"'],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = make_url(url).set(drivername="postgresql+psycopg")
    assert make_url(result.stdout) == expected
    assert expected.password == PASSWORD


def test_no_tracked_file_holds_the_password(bake: Bake) -> None:
    project = bake(database_url="postgresql://me:hunter2@localhost/app")
    files = project.files()
    assert b"hunter2" in files.pop(".env")
    assert not [name for name, content in files.items() if b"hunter2" in content]
    assert b"\n.env\n" in b"\n" + files[".gitignore"]


def test_only_its_owner_reads_the_env_file(bake: Bake) -> None:
    assert (bake().path / ".env").stat().st_mode & 0o777 == 0o600
