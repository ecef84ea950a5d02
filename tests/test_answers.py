import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from cookiecutter.exceptions import FailedHookException
from dotenv import dotenv_values
from jinja2 import Environment
from sqlalchemy import make_url
from sqlalchemy import URL

import template_answers
from template_answers import check_answers
from template_answers import compose_string
from template_answers import Database
from template_answers import database
from template_answers import default_slug
from template_answers import dotenv_value
from template_answers import html_text
from template_answers import read_database
from template_answers import TAKEN
from template_answers import toml_string

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(template_answers.__file__).parent

ANSWERS: dict[str, Any] = {
    "project_name": "My Flask App",
    "project_slug": "my_flask_app",
    "description": "A small application.",
    "author_name": "Your Name",
    "author_email": "you@example.com",
    "database_url": "sqlite:///my_flask_app.db",
    "sqlalchemy_layer": "Flask-SQLAlchemy",
    "greenlet_support": "no",
    "example_app": "yes",
    "_choices": {
        "sqlalchemy_layer": ["Flask-SQLAlchemy", "SQLAlchemy"],
        "greenlet_support": ["no", "yes"],
        "example_app": ["yes", "no"],
    },
}

ODD_TEXTS = [
    "",
    "   ",
    "2048",
    "3.14 Pies",
    "Class",
    "match",
    "Flask",
    "Test",
    "Aux",
    "Zope Interface",
    "MySQL-connector Python",
    "日本語のアプリ",
    "Ärger & Söhne",
    'O\'Reilly "and" \\ sons {{ }} {% %} ${HOME} `id`',
    "🦆🦆",
    "👩‍🚀 in space",
    "-- __ --",
    "&#38; &amp;",
    "a" * 80,
    "nine letters " * 9,
    "x" * 29 + " y",
    "7" * 80,
    "\n\t\x00",
    "\ud800",
]


def problem(**answers: object) -> str:
    """The line that refuses these answers, or nothing where they are accepted."""
    try:
        return check_answers(ANSWERS | answers)
    except FailedHookException as refused:
        return str(refused)


# --- text, choices and the project's name ---------------------------------------------


def test_the_defaults_are_accepted() -> None:
    assert problem() == ""


@pytest.mark.parametrize(
    "text", [text for text in ODD_TEXTS if not template_answers.CONTROL.search(text)]
)
def test_free_text_holds_any_printable_character(text: str) -> None:
    assert problem(description=text, author_name=text, author_email=text) == ""


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("name", template_answers.TEXTS)
def test_text_with_a_control_character_is_refused_in_one_line(
    name: str, control: str
) -> None:
    message = problem(**{name: f"one{control}two"})

    value = repr(f"one{control}two")
    assert message == f"{name} is {value}; it must be one line without control" + (
        " characters."
    )
    assert len(message.splitlines()) == 1


def test_an_answer_that_is_not_text_is_refused() -> None:
    assert problem(author_name=None).startswith("author_name is None; it must be one")
    assert problem(project_slug=None).startswith("project_slug is None; it must be")
    assert problem(database_url=None).startswith("database_url is 'None'; accepted is")
    assert problem(example_app=True) == (
        "example_app is True; it must be 'yes' or 'no'."
    )


@pytest.mark.parametrize("name", ["", "  "])
def test_a_blank_project_name_is_refused(name: str) -> None:
    assert problem(project_name=name) == (
        f"project_name is {name!r}; it must not be blank."
    )


@pytest.mark.parametrize("name", ["sqlalchemy_layer", "greenlet_support"])
@pytest.mark.parametrize("value", ["maybe", "", "Yes", "flask-sqlalchemy", "no "])
def test_a_choice_is_one_of_the_listed_values(name: str, value: str) -> None:
    first, second = ANSWERS["_choices"][name]

    assert problem(**{name: value}) == (
        f"{name} is {value!r}; it must be '{first}' or '{second}'."
    )


@pytest.mark.parametrize("slug", ["a", "app_2048", "app", "my_app", "a" * 30, "a__b_"])
def test_an_identifier_is_a_slug(slug: str) -> None:
    assert problem(project_slug=slug) == ""


@pytest.mark.parametrize(
    ("slug", "example"),
    [
        ("", "app"),
        ("My App", "my_app"),
        ("my-app", "my_app"),
        ("_app", "app"),
        ("2048", "app_2048"),
        ("größe", "grosse"),
        ("app\n", "app"),
        ("../up", "up"),
        ("a" * 31, "a" * 30),
    ],
)
def test_a_slug_of_another_form_is_refused_with_an_example(
    slug: str, example: str
) -> None:
    assert problem(project_slug=slug) == (
        f"project_slug is {slug!r}; it must be at most 30 lower-case letters, digits"
        f" and underscores, as in '{example}'."
    )


@pytest.mark.parametrize(
    "slug",
    "class match type json test tests src instance flask flask_sqlalchemy mysqldb zope"
    " python_dotenv psycopg2_binary pytest setuptools aux com1".split(),
)
def test_a_slug_that_something_else_bears_is_refused_with_an_example(slug: str) -> None:
    assert problem(project_slug=slug) == (
        f"project_slug is '{slug}', which is taken by Python or by a package that"
        f" the project needs; use another, such as '{slug}_app'."
    )


@pytest.mark.parametrize("name", [*ODD_TEXTS, None, 7, *sorted(TAKEN)])
def test_the_default_slug_is_always_accepted(name: object) -> None:
    assert problem(project_slug=default_slug(name)) == ""


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Flask App", "my_flask_app"),
        ("Ärger & Söhne", "arger_sohne"),
        ("2048", "app_2048"),
        ("Flask", "flask_app"),
        ("🦆", "app"),
        ("x" * 29 + " y", "x" * 29),
    ],
)
def test_the_default_slug_stays_close_to_the_name(name: str, slug: str) -> None:
    assert default_slug(name) == slug


# --- the database URL -----------------------------------------------------------------

NASTY_URLS = [
    "sqlite:///app.db",
    "sqlite:////var/lib/my app/söme#{db}%.db",
    "sqlite:///C:/data/app.db",
    "sqlite:///file:app.db?mode=ro&uri=true",
    "postgres://u:p@h/d",
    "postgres+psycopg2://u:p@h/d",
    "postgresql://u@h/d",
    "postgresql://u:@h/d",
    "postgresql://:p@h/d",
    "postgresql://@h/d",
    "postgresql:///d",
    "postgresql://:5433/d",
    "postgresql://u:p%40s%3Ass%2Fw%23%25%20@h/d",
    "postgresql://u:p:a/s?s&w=o+r;d@h:05433/d",
    "postgresql://u:$HOME${HOME}$(id)`id`@h/d",
    "postgresql://u:#'\"\\'\\\"\\\\@h/d",
    "postgresql://u: sp ace @h/d",
    "postgresql://u:100%@h/d",
    'postgresql://u:%zz%2%4$%"1%%@h/d',
    "postgresql://u:%FF%E2%82%AC€🦆@h/d",
    "postgresql://us%40er@corp:p@h/d",
    "postgresql://u:{{p}}{%@h/d",
    "postgresql+pg8000://u:p@[::1]:5433/d?application_name=a",
    "postgresql://u:p@[fe80::1%eth0]/d",
    "postgresql://a,b/d",
    "postgresql:///d?host=/var/run/postgresql",
    "postgresql://u:p@/d?host=a:1&host=b:2&host=c%3A3",
    "postgresql://u:p@h/d?options=-c%20search_path%3Da,b+c&blank=&x='$`\"\\%23",
    "postgresql://u:p@h/d?%24k%3D=%26%3D%2B&k&=v",
    "postgresql://u:p@h/d?",
    "postgresql://u:p@h/d-b.c d#e",
    "mysql://u@/d?unix_socket=/run/mysqld/mysqld.sock",
    "mysql+mysqldb://u:p@127.0.0.1:3307/d?charset=utf8mb4",
    "mariadb+mysqlconnector://u:p@h/d?use_pure=true",
    "mssql://u:p@HOST\\SQLEXPRESS/d?driver=ODBC+Driver+18+for+SQL+Server",
    "mssql+pymssql://u:p@h:1434/d",
    "oracle://u:p@h:1521/?service_name=free.pdb",
    "oracle://u:p@tns_alias",
    "cockroachdb://u:p@h:26257/d?sslmode=verify-full",
]


def with_driver(url: str) -> URL:
    """The URL as SQLAlchemy reads it, with the driver that this template sets."""
    found = read_database(url)
    driver = f"+{found.driver}" if found.driver else ""
    return make_url(url).set(drivername=found.dialect + driver)


@pytest.mark.parametrize("url", NASTY_URLS)
def test_the_url_means_to_sqlalchemy_what_was_answered(url: str) -> None:
    assert problem(database_url=url) == ""
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

    assert make_url(found.example_url) == make_url(found.url).set(password=password)


def test_the_example_url_keeps_no_secret_of_the_query() -> None:
    url = "postgresql://h/d?password=secret&sslpassword=secret&sslmode=require"

    assert read_database(url).example_url == (
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
        ("mssql://h/d", "mssql+pyodbc://h/d"),
        ("oracle://h/d", "oracle+oracledb://h/d"),
        ("cockroachdb://h/d", "cockroachdb+psycopg://h/d"),
    ],
)
def test_a_bare_dialect_gets_a_driver(url: str, written: str) -> None:
    assert read_database(url).url == written


def test_a_database_is_described_by_text() -> None:
    url = "mariadb://me:p%40ss@localhost/shop"

    assert read_database(url) == Database(
        url="mariadb+pymysql://me:p%40ss@localhost/shop",
        example_url="mariadb+pymysql://me:password@localhost/shop",
        backend="mysql",
        dialect="mariadb",
        driver="pymysql",
        requirement="PyMySQL[rsa]>=1.1,<2",
        greenlet_requirement="",
        username="me",
        password="p@ss",
        host="localhost",
        port="3306",
        database="shop",
        container="yes",
        greenlets="yes",
    )


@pytest.mark.parametrize("url", NASTY_URLS)
def test_the_filter_returns_each_attribute(url: str) -> None:
    found = read_database(url)

    for field in fields(Database):
        value = database(url, field.name)
        assert type(value) is str
        assert value == getattr(found, field.name)


@pytest.mark.parametrize("name", template_answers.DIALECTS)
def test_each_driver_brings_bounded_requirements(name: str) -> None:
    for driver in template_answers.DIALECTS[name].drivers:
        at = "/a.db" if name == "sqlite" else "h/d"
        lines = read_database(f"{name}+{driver}://{at}").requirement.splitlines()

        assert all(">=" in line and ",<" in line for line in lines)
        assert bool(lines) is (name != "sqlite")


def test_psycopg2_needs_psycogreen_for_greenlets() -> None:
    assert read_database("postgresql+psycopg2://h/d").greenlet_requirement == (
        "psycogreen>=1.0.2,<2"
    )


@pytest.mark.parametrize(
    ("url", "container"),
    [
        ("sqlite:///a.db", "no"),
        ("postgresql:///d", "no"),
        ("postgresql://u@localhost/d", "no"),
        ("postgresql://u:p@/d", "yes"),
        ("postgresql://u:p@localhost/d", "yes"),
        ("mysql://u:p@127.0.0.1:3307/d", "yes"),
        ("postgresql://u:p@[::1]/d", "yes"),
        ("postgresql://u:p@/d?host=/run/postgresql", "no"),
        ("mysql://u:p@localhost/d?unix_socket=/run/mysqld/mysqld.sock", "no"),
        ("postgresql://u:p@db.example.com/d", "no"),
        ("mssql://u:p@localhost/d", "no"),
    ],
)
def test_a_container_can_be_a_server_with_a_password_on_this_machine(
    url: str, container: str
) -> None:
    assert read_database(url).container == container


HINT = "in a user name or a password write '@' as %40, ':' as %3A, '/' as %2F"
NO_URL = (
    "accepted is an SQLAlchemy URL such as 'sqlite:///app.db' or"
    " 'postgresql://user:password@localhost/app'"
)
IN_MEMORY = (
    "each connection to SQLite in memory has a database of its own, which ends with it:"
    " name a file, as in 'sqlite:///app.db'"
)
SLASHES = "a path follows three slashes, as in 'sqlite:///app.db'"
POSTGRESQL = "accepted drivers for 'postgresql' are 'psycopg', 'psycopg2' and 'pg8000'"
MYSQL = "accepted drivers for 'mysql' are 'pymysql', 'mysqldb' and 'mysqlconnector'"
LATE = "is asynchronous, but Flask serves requests synchronously"
PORT = (
    f"a port is a number from 1 to 65535, an IPv6 host stands in brackets, and {HINT}"
)
NAMELESS = (
    "accepted is a URL that names a database, as in '{}://user:password@localhost/app'"
)
OUTSIDE = "accepted is a URL without control characters or outer spaces"
ENCODED = "a database name or path is written without percent-encoding"


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
            "accepted dialects are 'sqlite', 'postgresql', 'mysql', 'mariadb', 'mssql',"
            " 'oracle' and 'cockroachdb'",
        ),
        ("postgresql+psycopg3://h/d", POSTGRESQL),
        ("postgresql+://h/d", POSTGRESQL),
        ("mysql+psycopg://h/d", MYSQL),
        ("oracle+cx_oracle://h/d", "accepted drivers for 'oracle' are 'oracledb'"),
        ("postgres+asyncpg://h/d", f"'asyncpg' {LATE}: {POSTGRESQL}"),
        ("postgresql+psycopg_async://h/d", f"'psycopg_async' {LATE}: {POSTGRESQL}"),
        ("mysql+aiomysql://h/d", f"'aiomysql' {LATE}: {MYSQL}"),
        ("mysql+asyncmy://h/d", f"'asyncmy' {LATE}: {MYSQL}"),
        (
            "sqlite+aiosqlite:///a.db",
            f"'aiosqlite' {LATE}: accepted drivers for 'sqlite' are 'pysqlite'",
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
            "between brackets stands an IPv6 address: '[::1]'",
        ),
        (
            "postgresql://[::1]5432/d",
            "after the bracket of an IPv6 host comes ':', '/' or '?'",
        ),
        ("postgresql://my host/d", f"a host is a name or an address, and {HINT}"),
        ("postgresql://h'/d", f"a host is a name or an address, and {HINT}"),
        (
            "postgresql://[fe80::1%'$x]/d",
            "between brackets stands an IPv6 address: '[::1]'",
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
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_reason(
    url: str, reason: str
) -> None:
    message = problem(database_url=url)

    assert message == f"database_url is {url!r}; {reason}."
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@h", "postgresql://me:***@h"),
        ("postgresql://me:hun@ter2@h/d", "postgresql://me:***@h/d"),
        ("postgresql://me:hun/t@er2@h/d", "postgresql://me:***@h/d"),
        ("postgresql:/me:hunter2@h/d", "postgresql:***@h/d"),
        ("postgresql//me:hunter2@h/d", "postgresql//me:***@h/d"),
        ("me:hunter2@h/d", "me:***@h/d"),
        ("nosql://me:hunter2@h/d?password=hunter2", "nosql://me:***@h/d?password=***"),
        ("mssql:///?odbc_connect=PWD%3Dhunter2", "mssql:///?odbc_connect=***"),
    ],
)
def test_a_message_shows_no_password(url: str, shown: str) -> None:
    message = problem(database_url=url)

    assert message.startswith(f"database_url is '{shown}'; ")
    assert "hun" not in message and "er2" not in message


def test_the_filter_refuses_a_url_like_the_check() -> None:
    with pytest.raises(FailedHookException, match=r"^database_url is ''; accepted is"):
        database("", "url")


# --- greenlets ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///a.db",
        "postgresql://h/d",
        "postgresql+psycopg2://h/d",
        "postgresql+pg8000://h/d",
        "mysql://h/d",
        "mysql+mysqlconnector://h/d?use_pure=True",
        "oracle://h/d",
        "cockroachdb://h/d",
    ],
)
def test_a_driver_that_yields_serves_greenlets(url: str) -> None:
    assert problem(database_url=url, greenlet_support="yes") == ""


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("mysql+mysqldb://h/d", "'mysqldb' blocks all greenlets: use 'pymysql'"),
        (
            "mariadb+mysqlconnector://h/d",
            "'mysqlconnector' blocks all greenlets:"
            " use 'pymysql', or add 'use_pure=true' to the query",
        ),
        (
            "mssql://h/d",
            "'pyodbc' blocks all greenlets:"
            " no driver for 'mssql' yields; answer greenlet_support with 'no'",
        ),
        (
            "mssql+pymssql://h/d",
            "'pymssql' blocks all greenlets:"
            " no driver for 'mssql' yields; answer greenlet_support with 'no'",
        ),
    ],
)
def test_a_driver_that_blocks_serves_threads_only(url: str, advice: str) -> None:
    assert problem(database_url=url) == ""
    assert problem(database_url=url, greenlet_support="yes") == (
        f"database_url is '{url}'; {advice}."
    )


# --- how text is written --------------------------------------------------------------


@pytest.mark.parametrize("text", [t for t in ODD_TEXTS if t != "\ud800"])
def test_a_toml_string_is_read_back(text: str) -> None:
    assert tomllib.loads(f"text = {toml_string(text)}") == {"text": text}


def test_a_toml_string_keeps_what_needs_no_escape() -> None:
    assert toml_string('it\'s 🦆 \\ "é"') == '"it\'s 🦆 \\\\ \\"é\\""'


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_html_text_is_inert_in_a_jinja_template(text: str) -> None:
    rendered = Environment().from_string(f"<p>{html_text(text)}</p>").render()

    assert rendered == f"<p>{html_text(text)}</p>"
    assert not set(html_text(text)) & set("<>{}\"'")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", "''"),
        ("a b#c", "'a b#c'"),
        ('${HOME} `id` $(id) "', "'${HOME} `id` $(id) \"'"),
        ("back\\slash\\n", "'back\\slash\\n'"),
        ("it's", '"it\'s"'),
        ('it\'s "so" \\n $5', '"it\'s \\"so\\" \\\\n \\$5"'),
        ("end\\", '"end\\\\"'),
        ("naïve 🦆", "'naïve 🦆'"),
    ],
)
def test_a_value_is_quoted_as_compose_reads_it(value: str, written: str) -> None:
    assert dotenv_value(value) == written


def test_a_string_for_compose_is_not_interpolated() -> None:
    assert compose_string('a"$b') == '"a\\"$$b"'


# --- through cookiecutter -------------------------------------------------------------


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template of one file with the questions of this one."""
    root = tmp_path_factory.mktemp("template")
    questions = ANSWERS | {
        "project_slug": "{{ cookiecutter.project_name | default_slug }}",
        "database_url": "sqlite:///{{ cookiecutter.project_slug }}.db",
        "__answers": "{{ cookiecutter | check_answers }}",
        "__database": {"url": "{{ cookiecutter.database_url | database('url') }}"},
        "_extensions": ["template_answers.Answers"],
    }
    (root / "cookiecutter.json").write_text(json.dumps(questions))
    shutil.copy(ROOT / "template_answers.py", root)
    project = root / "{{cookiecutter.project_slug}}"
    project.mkdir()
    (project / ".env").write_text("DATABASE_URL='{{ cookiecutter.__database.url }}'\n")
    return root


@pytest.fixture(params=["small", "repository"])
def template(request: pytest.FixtureRequest, small_template: Path) -> Path:
    if request.param == "small":
        return small_template
    return ROOT


@pytest.fixture
def cookiecutter(template: Path, tmp_path: Path) -> Command:
    """Run the real command in an empty home; what is left is under ``tmp_path``."""

    def run(*answers: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cookiecutter", "--no-input", template, *answers],
            cwd=tmp_path,
            env=os.environ | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)},
            capture_output=True,
            encoding="utf-8",
        )

    return run


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        (
            ["greenlet_support=maybe"],
            "greenlet_support is 'maybe'; it must be 'no' or 'yes'.",
        ),
        (
            ["project_slug=flask"],
            "project_slug is 'flask', which is taken by Python or by a package that"
            " the project needs; use another, such as 'flask_app'.",
        ),
        (
            ["database_url=postgresql://me:hunter2@localhost"],
            "database_url is 'postgresql://me:***@localhost'; "
            + NAMELESS.format("postgresql")
            + ".",
        ),
        (
            ["project_name=two\nlines 🦆"],
            "project_name is 'two\\nlines 🦆'; it must be one line without control"
            " characters.",
        ),
    ],
)
def test_a_bad_answer_ends_in_one_line_and_leaves_nothing(
    cookiecutter: Command, tmp_path: Path, answers: list[str], line: str
) -> None:
    result = cookiecutter(*answers)

    assert (result.returncode, result.stdout, result.stderr) == (1, f"{line}\n", "")
    assert list(tmp_path.rglob("*")) == []


def test_good_answers_reach_the_project(cookiecutter: Command, tmp_path: Path) -> None:
    url = 'postgresql://me:it\'s "$HOME" #1 \\o/ 100%@[::1]/shop'

    result = cookiecutter("project_name=Ünï 🦆", f"database_url={url}")

    assert result.returncode == 0, result.stdout + result.stderr
    written = dotenv_values(tmp_path / "uni" / ".env")["DATABASE_URL"] or ""
    assert make_url(written) == with_driver(url)
