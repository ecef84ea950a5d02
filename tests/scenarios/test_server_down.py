"""A database server that is not there."""

import pytest

from tests.scenarios.conftest import Check
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import Serve
from tests.servers import Server

pytestmark = pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])


def test_while_the_server_is_down_only_pages_that_need_it_are_503(
    serve: Serve, server: Server, figure: Figure, nothing_is_left: Check
) -> None:
    served = serve()
    served.prepare()
    assert served.ask("GET", "/read").status == 200

    server.stop()
    answers = served.ask_at_once(20, "GET", "/read")
    assert {answer.status for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert served.ask("POST", "/count", timeout=5).status == 503
    assert served.ask("GET", "/plain").status == 200

    server.start()
    assert served.ask("GET", "/read").status == 200
    nothing_is_left(served)
    figure(f"{len(answers)} of {len(answers)} 503")


def test_the_application_starts_while_the_server_is_down(
    serve: Serve, server: Server
) -> None:
    server.stop()
    served = serve()
    assert served.ask("GET", "/plain").status == 200
    assert served.ask("POST", "/prepare").status == 503
    server.start()
    assert served.ask("POST", "/prepare").status == 200
    assert served.ask("GET", "/read").status == 200
