"""Requests at the same time."""

import json
from collections import Counter

import pytest

from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import GREENLETS
from tests.scenarios.conftest import Serve
from tests.scenarios.conftest import THREADS
from tests.scenarios.serving import Served

NUMBER = 500
ROOM = {"THREADS": str(NUMBER), "WORKER_CONNECTIONS": str(NUMBER)}


def test_500_requests_at_once_have_500_sessions(serve: Serve, figure: Figure) -> None:
    served = serve(**ROOM)
    served.prepare()
    answers = served.ask_at_once(NUMBER, "GET", f"/meet?number={NUMBER}")
    assert Counter(answer.status for answer in answers) == {200: NUMBER}
    assert len({answer.text for answer in answers}) == NUMBER
    figure(f"{NUMBER} sessions")


@pytest.mark.parametrize("kind", THREADS)
def test_500_greenlets_without_a_patch_have_500_sessions(
    start: Serve, figure: Figure
) -> None:
    served = start("probes.py")
    served.prepare()
    answers = served.ask_at_once(NUMBER, "GET", f"/meet?number={NUMBER}")
    assert Counter(answer.status for answer in answers) == {200: NUMBER}
    assert len({answer.text for answer in answers}) == NUMBER
    figure(f"{NUMBER} sessions")


def test_nobody_sees_what_others_have_not_committed(
    serve: Serve, figure: Figure
) -> None:
    served = serve()
    served.prepare()
    answers = served.ask_at_once(50, "POST", "/own?seconds=0.01")
    assert [answer.text for answer in answers] == ["True"] * 50
    figure("50 of 50")


@pytest.mark.parametrize("kind", GREENLETS)
def test_who_waits_for_the_database_blocks_nobody_even_with_preload(
    serve: Serve, figure: Figure
) -> None:
    served = serve("--preload")
    served.prepare()
    answers = served.ask_at_once(20, "POST", "/count?seconds=0.01")
    assert [answer.status for answer in answers] == [200] * 20
    assert served.ask("GET", "/read").text == "20"
    figure("20 of 20")


def test_threads_that_inherit_a_context_get_their_own_results(
    serve: Serve, figure: Figure
) -> None:
    figure(ask_in_threads(serve(), "/ask-in-threads"))


@pytest.mark.parametrize("kind", THREADS)
def test_threads_of_an_asynchronous_view_get_their_own_results(
    serve: Serve, figure: Figure
) -> None:
    figure(ask_in_threads(serve(), "/ask-in-threads-of-tasks"))


def ask_in_threads(served: Served, path: str) -> str:
    """Have 20 requests at once ask in 20 threads each, which share its session."""
    firsts = range(0, 400, 20)
    answers = served.ask_each_at_once(
        [("GET", f"{path}?number={first}") for first in firsts]
    )
    assert Counter(answer.status for answer in answers) == {200: len(firsts)}
    results = [json.loads(answer.text) for answer in answers]
    assert results == [list(range(first, first + 20)) for first in firsts]
    return "400 of 400"
