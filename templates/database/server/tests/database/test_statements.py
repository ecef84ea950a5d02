"""Statements that may leave something behind on their connection are known."""

import pytest

from my_flask_app.database.statements import may_leave_something


@pytest.mark.parametrize(
    "statement",
    [
        "SET search_path = other",
        "set role visitor",
        "-- for this request\nSET TIME ZONE 'UTC'",
        "/* for this request */ SET @a = 1",
        "SELECT 1; SET statement_timeout = 5",
        "SET SESSION TRANSACTION READ ONLY",
        "SELECT set_config('app.tenant', '7', false)",
        "SELECT set_config('app.tenant', :tenant, :is_local)",
        "SELECT pg_advisory_lock(7)",
        "SELECT pg_try_advisory_lock_shared(7)",
        "SELECT GET_LOCK('job', 1)",
        "LOCK TABLES students WRITE",
        "CREATE TEMPORARY TABLE t (id int)",
        "create temp table t (id int)",
        "CREATE TABLE #t (id int)",
        "SELECT * INTO TEMP t FROM students",
        "SELECT id INTO @a FROM students",
        "SELECT @a := 1",
        "SELECT @`a` := 1",
        "CALL increment(1, @result)",
        "SELECT setseed(0.5)",
        "UPDATE pg_settings SET setting = '5' WHERE name = 'statement_timeout'",
        "CREATE TEMP TABLE t (id int); CREATE TEMP TABLE u (id int) ON COMMIT DROP",
        "LISTEN changes",
        "USE other",
        "ALTER SESSION SET nls_date_format = 'YYYY'",
        "RESET ROLE",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "PREPARE p AS SELECT 1",
        "/*!40014 SET FOREIGN_KEY_CHECKS=0 */",
        "# for this request\nSET @a = 1",
        "EXECUTE IMMEDIATE 'SET @a = 1'",
        "SELECT set_config('app.tenant', concat('a', true), false)",
        "CREATE TABLE pg_temp.t (id int)",
        "DO $$ BEGIN SET ROLE visitor; END $$",
        f"SELECT {'a, ' * 1000} pg_try_advisory_lock(7)",
    ],
)
def test_a_statement_that_changes_its_connection_is_known(statement: str) -> None:
    assert may_leave_something(statement, {})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM settings",
        "UPDATE students SET name = 'x'",
        "INSERT INTO students (name) VALUES ('SET ROLE')",
        "SET LOCAL search_path = other",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SELECT set_config('app.tenant', '7', true)",
        "SELECT pg_advisory_xact_lock(7)",
        "CREATE TABLE temperatures (id int)",
        "CREATE TEMPORARY TABLE t (id int) ON COMMIT DROP",
        "WITH used AS (SELECT 1) SELECT * FROM used",
        "BEGIN",
    ],
)
def test_other_statements_leave_nothing(statement: str) -> None:
    assert not may_leave_something(statement, {})


@pytest.mark.parametrize(("value", "changes"), [(True, False), (False, True)])
def test_the_parameter_tells_whether_a_variable_lasts_for_the_transaction(
    value: bool, changes: bool
) -> None:
    statement = "SELECT set_config(%(a)s::VARCHAR, %(b)s, %(c)s)"
    parameters = {"a": "app.tenant", "b": "7", "c": value}
    assert may_leave_something(statement, parameters) is changes


def test_many_comments_are_read_in_a_moment() -> None:
    comments = "".join(f"/* line {number} */\n" for number in range(60))
    assert not may_leave_something(f"{comments} SELECT 1", {})
