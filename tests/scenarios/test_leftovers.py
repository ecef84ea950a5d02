"""However requests end, they leave nothing behind."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import GREENLETS
from tests.scenarios.conftest import Serve
from tests.scenarios.serving import Served

WAYS = ["", "error", "database-error", "abort", "teardown", "teardown-and-error"]
ENDINGS = [f"/stumble?how={how}" for how in [*WAYS, "nested"]]


def test_no_transaction_stays_open_after_errors_aborts_and_broken_streams(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    served.prepare()
    requests = ["/stream", *ENDINGS, "/count"] * 12
    random.shuffle(requests)

    def ask(path: str) -> None:
        if path == "/stream":
            served.hang_up("POST", path)
        else:
            served.ask("POST", path)

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(ask, requests))

    nothing_is_left(served)
    assert served.balances() == [12, *[0] * 9]
    figure(f"{len(requests)} requests")


def test_after_a_database_error_the_error_page_can_ask_the_database(
    serve: Serve, figure: Figure
) -> None:
    served = serve()
    served.prepare()
    answers = served.ask_at_once(20, "POST", "/stumble?how=database-error")
    assert {answer.status for answer in answers} == {500}
    # Werkzeug's own page, which would be there instead, has no style.
    assert all("style.css" in answer.text for answer in answers)
    figure("20 of 20")


@pytest.mark.parametrize("kind", GREENLETS)
def test_a_transaction_is_all_or_nothing_when_a_greenlet_is_killed(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    figure(strike(served, "kill"))
    nothing_is_left(served)


@pytest.mark.parametrize("kind", GREENLETS)
def test_a_transaction_is_all_or_nothing_when_a_greenlet_times_out(
    serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    figure(strike(served, "timeout"))
    nothing_is_left(served)


def strike(served: Served, how: str) -> str:
    """Strike greenlets in the middle of their transfers from account 1 to 2."""
    served.prepare()
    # From a millisecond to a second, so that some come too late on a slow machine, too.
    times = [2 ** (number / 10) / 1000 for number in range(100)]
    strikes = [f"/be-struck?how={how}&seconds={seconds:.4f}" for seconds in times]
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda path: served.ask("POST", path), strikes))

    _, one, other, *_ = served.balances()
    assert one + other == 0
    assert other > 0
    assert served.ask("POST", "/transfer?source=2&target=1").status == 200
    return f"{len(strikes)} struck, {other} transfers"


# What shows the state of a connection, and what changes it for longer than a
# transaction.
FIND = {
    "SQLite": """
        SELECT 'a' LIKE 'A',
            (SELECT count(*) FROM pragma_database_list WHERE name = 'other'),
            (SELECT query_only FROM pragma_query_only),
            (SELECT recursive_triggers FROM pragma_recursive_triggers),
            (SELECT cache_size FROM pragma_cache_size),
            (SELECT count(*) FROM probe_accounts)
    """,
    "PostgreSQL": """
        SELECT current_user, current_setting('search_path'),
            current_setting('app.tenant', true), current_setting('TimeZone'),
            current_setting('statement_timeout'),
            current_setting('default_transaction_read_only'),
            (SELECT count(*) FROM pg_listening_channels()),
            (SELECT count(*) FROM pg_locks
                WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
            (SELECT count(*) FROM probe_accounts)
    """,
    "MariaDB": """
        SELECT database(), @tenant, @@autocommit, @@foreign_key_checks, @@sql_mode,
            @@time_zone, @@tx_read_only,
            coalesce(is_used_lock('probe') = connection_id(), 0),
            (SELECT count(*) FROM probe_accounts)
    """,
}
LEAVE = {
    "SQLite": [
        "PRAGMA case_sensitive_like = ON",
        "PRAGMA query_only = ON",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA cache_size = 10",
        "ATTACH '' AS other",
        "CREATE TEMPORARY TABLE probe_accounts (id integer)",
    ],
    "PostgreSQL": [
        "SET ROLE pg_monitor",
        "SET search_path TO pg_catalog",
        "SELECT set_config('app.tenant', '1', false)",
        "SET TIME ZONE 'Asia/Tokyo'",
        "SET statement_timeout TO 100",
        "SET default_transaction_read_only TO on",
        "LISTEN probe",
        "SELECT pg_try_advisory_lock(1)",
        "CREATE TEMPORARY TABLE probe_accounts (id integer)",
    ],
    "MariaDB": [
        "USE mysql",
        "SET @tenant = 1",
        "SET autocommit = 1",
        "SET foreign_key_checks = 0",
        "SET SESSION sql_mode = ''",
        "SET time_zone = '+09:00'",
        "SET SESSION TRANSACTION READ ONLY",
        "SELECT get_lock('probe', 0)",
        "LOCK TABLES mysql.help_topic READ",
        "CREATE TEMPORARY TABLE probe_accounts (id integer)",
    ],
}


def test_no_request_finds_what_others_have_changed_of_its_connection(
    database: str, serve: Serve, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    served.prepare()
    find = {"find": FIND[database], "seconds": "0.005"}
    paths = [f"/execute?{urlencode(find | {'leave': it})}" for it in LEAVE[database]]
    untouched = served.ask("POST", f"/execute?{urlencode(find)}")
    assert untouched.status == 200, served.log.read_text()

    requests = [("POST", path) for path in paths] * 8
    random.shuffle(requests)
    answers = served.ask_each_at_once(requests)
    assert Counter(it.text for it in answers) == {untouched.text: len(requests)}
    nothing_is_left(served)
    figure(f"{len(requests)} of {len(requests)}")
