"""A URL that no server will ever accept is named in the log."""

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from my_flask_app.database.connections import create_engine
from my_flask_app.database.mistakes import wrong_part


def test_a_database_that_does_not_exist_is_named_in_the_log(
    migrated_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_url(migrated_database).set(database="does_not_exist")
    with pytest.raises(DBAPIError):
        create_engine(url).connect()

    (record,) = caplog.records
    assert record.getMessage().startswith("The database in the URL is wrong")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("failed to resolve host 'db': [Errno -2] Name or service not known", "host"),
        ("Unknown MySQL server host 'db' (-2)", "host"),
        ('FATAL:  password authentication failed for user "me"', "user or password"),
        ('FATAL:  role "me" does not exist', "user or password"),
        ("FATAL:  SASL authentication failed", "user or password"),
        ("fe_sendauth: no password supplied", "user or password"),
        ("FATAL:  no such database: app", "database"),
        ("Access denied for user 'me'@'%' (using password: NO)", "user or password"),
        ("Access denied for user 'me'@'%' to database 'app'", "database"),
        ('FATAL:  database "app" does not exist', "database"),
    ],
)
def test_what_is_wrong_is_found_in_the_text_of_an_error(text: str, part: str) -> None:
    assert wrong_part(text) == part


@pytest.mark.parametrize(
    "text",
    [
        "connection refused",
        "[Errno -3] Temporary failure in name resolution",
        "Unknown MySQL server host 'db' (-3)",
        "the database system is starting up",
        "Too many connections",
        'relation "students" does not exist',
    ],
)
def test_what_may_pass_is_no_mistake(text: str) -> None:
    assert wrong_part(text) is None
