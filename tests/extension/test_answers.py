import pytest
from cookiecutter.exceptions import FailedHookException

from template_extension.answers import check_answers
from template_extension.answers import TEXTS
from template_extension.text import CONTROL
from tests.extension.samples import ANSWERS
from tests.extension.samples import ODD_TEXTS


def problem(**answers: object) -> str:
    """The line that refuses these answers, or nothing where they are accepted."""
    try:
        return check_answers(ANSWERS | answers)
    except FailedHookException as refused:
        return str(refused)


def test_the_defaults_are_accepted() -> None:
    assert problem() == ""


@pytest.mark.parametrize(
    "text", [text for text in ODD_TEXTS if not CONTROL.search(text)]
)
def test_free_text_holds_any_printable_character(text: str) -> None:
    assert problem(description=text, author_name=text, author_email=text) == ""


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("name", TEXTS)
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


def test_a_url_that_cannot_work_is_refused_with_the_reason() -> None:
    assert problem(database_url="postgresql://me:hunter2@h") == (
        "database_url is 'postgresql://me:***@h'; accepted is a URL that names a"
        " database, as in 'postgresql://user:password@localhost/app'."
    )


def test_each_answer_that_is_refused_has_a_line() -> None:
    lines = problem(project_name=" ", project_slug="flask", example_app="maybe")

    assert [line.split()[0] for line in lines.splitlines()] == [
        "project_name",
        "project_slug",
        "example_app",
    ]
