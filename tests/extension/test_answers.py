import pytest
from hypothesis import given
from hypothesis.strategies import from_regex
from hypothesis.strategies import text
from sqlalchemy import make_url
from sqlalchemy import URL

from template_extension import passwords
from template_extension.answers import accepted
from template_extension.answers import Refused
from template_extension.answers import TEXT_LENGTH
from template_extension.text import CONTROL
from tests.extension.samples import ANSWERS
from tests.extension.samples import NASTY_URLS
from tests.extension.samples import ODD_TEXTS

TEXTS = ["project_name", "description", "author_name", "author_email"]


def refusal(name: str, given: object, **before: str) -> Refused:
    with pytest.raises(Refused) as refused:
        accepted(name, given, ANSWERS | before)

    assert len(str(refused.value).splitlines()) == 1
    return refused.value


@pytest.mark.parametrize("name", ANSWERS)
def test_the_defaults_are_accepted(name: str) -> None:
    assert accepted(name, ANSWERS[name], dict(ANSWERS)) == ANSWERS[name]


@pytest.mark.parametrize("email", ["", "a@b", '"x y"@example.org', "j+k@ex-am.ple"])
def test_an_email_address_is_accepted(email: str) -> None:
    assert accepted("author_email", email, ANSWERS) == email


@pytest.mark.parametrize(
    "name", ["author_email", "project_slug", "sqlalchemy_layer", "example_app"]
)
def test_a_url_at_another_question_is_shown_without_its_password(name: str) -> None:
    refused = refusal(name, "postgresql://app:hunter2@127.0.0.1/app")
    assert "hunter2" not in f"{refused} {refused.likely}"


@pytest.mark.parametrize(
    ("email", "likely"),
    [
        (" ", ""),
        ("x y", ""),
        ("a@", ""),
        ("a@b@c", ""),
        ("Jane <j@x.org>", "j@x.org"),
        ("j@x.org, k@x.org", "j@x.org"),
        ("Ä@ö.de", ""),
        ("zoe @example.org", "zoe@example.org"),
    ],
)
def test_what_is_no_email_address_is_refused(email: str, likely: str) -> None:
    refused = refusal("author_email", email)

    assert str(refused) == (
        f"author_email is {email!r}; it must be an email address in ASCII, such as"
        " 'you@example.com'."
    )
    assert refused.likely == likely


@pytest.mark.parametrize(
    "text", [text for text in ODD_TEXTS if not CONTROL.search(text)]
)
def test_text_is_kept_as_it_is(text: str) -> None:
    for name in ("description", "author_name"):
        assert accepted(name, text, ANSWERS) == text


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("name", TEXTS)
def test_text_with_a_control_character_is_refused(name: str, control: str) -> None:
    refused = refusal(name, f"one{control}two")

    value = repr(f"one{control}two")
    assert str(refused) == (
        f"{name} is {value}; it must be one line without control characters."
    )
    assert refused.likely == "one two"


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_a_length_at_most(name: str) -> None:
    assert accepted(name, "a@b".ljust(TEXT_LENGTH, "x"), ANSWERS)
    refused = refusal(name, "a@b".ljust(TEXT_LENGTH + 1, "x"))

    assert str(refused) == f"{name} has 201 characters; it must have at most 200."


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("given", [None, 3.5, 7, ["no"]])
def test_an_answer_that_is_not_text_is_refused(name: str, given: object) -> None:
    assert str(refusal(name, given)).startswith(f"{name} is ")


@pytest.mark.parametrize("name", ["", "  "])
def test_a_blank_project_name_is_refused(name: str) -> None:
    assert str(refusal("project_name", name)) == (
        f"project_name is {name!r}; it must not be blank."
    )


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("greenlet_support", "Y", "yes"),
        ("greenlet_support", " n ", "no"),
        ("greenlet_support", "YES", "yes"),
        ("greenlet_support", "1", "no"),
        ("greenlet_support", "2", "yes"),
        ("example_app", "1", "yes"),
        ("sqlalchemy_layer", "flask-sqlalchemy", "Flask-SQLAlchemy"),
        ("sqlalchemy_layer", "SQLALCHEMY", "SQLAlchemy"),
        ("sqlalchemy_layer", "2", "SQLAlchemy"),
    ],
)
def test_a_choice_is_a_number_or_a_name_in_any_case(
    name: str, given: str, kept: str
) -> None:
    assert accepted(name, given, dict(ANSWERS)) == kept


@pytest.mark.parametrize(
    ("name", "given", "likely"),
    [
        ("greenlet_support", "maybe", ""),
        ("greenlet_support", "yess", "yes"),
        ("greenlet_support", "", ""),
        ("greenlet_support", "3", ""),
        ("sqlalchemy_layer", "sqlalchmy", "SQLAlchemy"),
        ("sqlalchemy_layer", "flask", "Flask-SQLAlchemy"),
        ("sqlalchemy_layer", "y", ""),
    ],
)
def test_another_choice_is_refused_with_what_was_likely_meant(
    name: str, given: str, likely: str
) -> None:
    refused = refusal(name, given)

    assert str(refused).startswith(f"{name} is {given!r}; it must be 1 (")
    assert refused.likely == likely


@pytest.mark.parametrize("slug", ["a", "app_2048", "app", "my_app", "a" * 30, "a_b2"])
def test_an_identifier_is_a_slug(slug: str) -> None:
    assert accepted("project_slug", slug, ANSWERS) == slug


@pytest.mark.parametrize(
    ("slug", "likely"),
    [
        ("", "app"),
        ("My App", "my_app"),
        ("my-app", "my_app"),
        ("_app", "app"),
        ("2048", "app_2048"),
        ("1app", "app_1app"),
        ("größe", "grosse"),
        ("app\n", "app"),
        ("../up", "up"),
        ("a" * 31, "a" * 30),
    ],
)
def test_a_slug_of_another_form_is_refused_with_an_example(
    slug: str, likely: str
) -> None:
    refused = refusal("project_slug", slug)

    assert str(refused) == (
        f"project_slug is {slug!r}; it must be at most 30 lower-case letters, digits"
        f" and underscores, the first a letter, as in {likely!r}."
    )
    assert refused.likely == likely


@pytest.mark.parametrize(
    ("slug", "likely"),
    [
        *(
            (slug, f"{slug}_app")
            for slug in "class match type json tests src py".split()
        ),
        *((slug, f"{slug}_app") for slug in "flask mysqldb zope com1 helpers".split()),
        ("test", "my_test"),
        ("test_app", "test_app_app"),
        ("sqlalchemy_utils", "sqlalchemy_utils_app"),
        ("types_wtforms", "types_wtforms_app"),
    ],
)
def test_a_slug_that_something_else_bears_is_refused_with_an_example(
    slug: str, likely: str
) -> None:
    refused = refusal("project_slug", slug)

    assert str(refused) == (
        f"project_slug is {slug!r}, which is already used by Python, by a package that"
        f" the project needs or by its tests; use another, such as {likely!r}."
    )
    assert refused.likely == likely


@pytest.mark.parametrize("url", NASTY_URLS)
def test_a_url_is_kept_without_its_secrets(url: str) -> None:
    kept = accepted("database_url", url, ANSWERS)

    assert passwords.hide(kept) == kept
    assert "%40s" not in kept
    passwords.forget()
    assert accepted("database_url", kept, ANSWERS) == kept


@pytest.mark.parametrize(
    ("url", "likely"),
    [
        ("postgressql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d?sslmod=x", ""),
        (
            "mysql://u@h/d?chraset=utf8mb4&ssl=1",
            "mysql+pymysql://u@h/d?charset=utf8mb4&ssl=1",
        ),
        (
            "postgresql+psycopg3://u@h/d?connect_timout=1",
            "postgresql+psycopg://u@h/d?connect_timeout=1",
        ),
        ("Postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg3://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("mysql+mysqlclient://u@h/d", "mysql+mysqldb://u@h/d"),
        ("postgresql://u:p@h/d ", "postgresql+psycopg://u:***@h/d"),
        ("app.db", "sqlite:///app.db"),
        ("sqlite:///app.db ", "sqlite:///app.db"),
        ("mongodb://h/d", ""),
        ("postgresql://h", ""),
        ("", ""),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_what_was_likely_meant(
    url: str, likely: str
) -> None:
    refused = refusal("database_url", url)

    assert refused.likely == likely
    assert bool(likely) is str(refused).endswith(f" Did you mean {likely!r}?")


def test_the_name_of_a_database_is_refused_with_an_example() -> None:
    assert str(refusal("database_url", "PostgreSQL", project_slug="shop")).endswith(
        " such as 'postgresql://user:password@localhost/shop'."
    )


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "passwd",
        "sslpassword",
        "ssl_key_password",
        "password2",
        "newpassword",
        "oauth_client_secret",
        "KeystoreSecret",
        "access_token",
        "password%20",
    ],
)
def test_a_secret_in_the_query_is_hidden_too(key: str) -> None:
    kept = accepted("database_url", f"mssql://h/d?{key}=hunter2", ANSWERS)

    assert "hunter2" not in kept
    assert "hunter2" in passwords.reveal(kept)


@pytest.mark.parametrize("key", ["passfile", "sslkey", "tokenfile"])
def test_the_name_of_a_file_is_no_secret(key: str) -> None:
    url = f"mssql+pyodbc://h/d?{key}=/etc/file"

    assert accepted("database_url", url, ANSWERS) == url


@given(
    username=text(max_size=20),
    password=text(min_size=1, max_size=20),
    database=text(max_size=20),
)
def test_any_user_and_password_reach_the_env_file_or_are_refused_in_one_line(
    username: str, password: str, database: str
) -> None:
    secret = f"<{password}>"
    url = URL.create("postgresql+psycopg", username, secret, "h", 5433, database)
    try:
        kept = accepted("database_url", url.render_as_string(False), ANSWERS)
    except Refused as refused:
        assert len(str(refused).splitlines()) == 1
        assert secret not in str(refused)
    else:
        assert secret not in kept
        assert make_url(passwords.reveal(kept)) == url
        assert make_url(kept).set(password=secret) == url


@given(text() | from_regex(r"\A\w{2,12}(\+\w+)?://.{0,40}\Z"))
def test_any_text_is_a_url_or_is_refused_in_one_line(given: str) -> None:
    try:
        kept = accepted("database_url", given, ANSWERS)
    except Refused as refused:
        assert len(str(refused).splitlines()) == 1
        if refused.likely:
            assert accepted("database_url", refused.likely, ANSWERS) == refused.likely
    else:
        assert accepted("database_url", kept, ANSWERS) == kept


@given(text(max_size=40))
def test_any_text_is_a_slug_or_is_refused_with_one_that_is_accepted(given: str) -> None:
    try:
        assert accepted("project_slug", given, ANSWERS) == given
    except Refused as refused:
        assert len(str(refused).splitlines()) == 1
        likely = accepted("project_slug", refused.likely, ANSWERS)
        assert likely == refused.likely


def test_a_message_shows_no_password() -> None:
    for url in (
        "postgresql://me:hunter2@h",
        "postgressql://me:hunter2@h/d",
        "host=h password=hunter2 dbname=d",
        "password = 'hunter2 it is' host=h",
    ):
        assert "hunter2" not in str(refusal("database_url", url))


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
    answers = ANSWERS | {"database_url": url}

    assert accepted("greenlet_support", "yes", answers) == "yes"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "mysql+mysqldb://h/d",
            "'mysqldb' blocks all greenlets: use 'pymysql'",
        ),
        (
            "mariadb+mysqlconnector://h/d",
            "'mysqlconnector' blocks all greenlets: use 'pymysql', or add"
            " 'use_pure=true' to the query",
        ),
        (
            "mssql://h/d",
            "'pyodbc' blocks all greenlets, like every driver for 'mssql'; it must be"
            " 'no' for this database",
        ),
    ],
)
def test_a_driver_that_blocks_serves_threads_only(url: str, reason: str) -> None:
    answers = ANSWERS | {"database_url": url}
    refused = refusal("greenlet_support", "y", database_url=url)

    assert str(refused) == f"greenlet_support is 'yes', but {reason}."
    assert refused.likely == "no"
    assert accepted("greenlet_support", "no", answers) == "no"


def test_yes_once_more_takes_a_driver_that_yields() -> None:
    url = passwords.hide("mysql+mysqldb://me:secret@h/d")
    answers = ANSWERS | {"database_url": url}
    refused = refusal("greenlet_support", "yes", database_url=url)

    assert accepted("greenlet_support", "yes", answers, refused) == "yes"
    assert answers["database_url"] == "mysql+pymysql://me:***@h/d"
    assert passwords.reveal(answers["database_url"]) == "mysql+pymysql://me:secret@h/d"
