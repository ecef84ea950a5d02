"""What a proxy on the same machine lets through does not mislead Gunicorn."""

import http.client
import os
import subprocess
from urllib.parse import urlsplit

import pytest
from test_server import fetch
from test_server import server

__all__ = ["server"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Gunicorn needs POSIX")

Server = tuple[str, "subprocess.Popen[str]"]


@pytest.fixture(autouse=True)
def proxies(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str | None:
    """Set how many proxies there are, before the server starts."""
    number: str | None = getattr(request, "param", None)
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    monkeypatch.setenv("PROXIES", number or "0")
    return number


def get(url: str, path: str, **headers: str) -> http.client.HTTPResponse:
    fetch(url)  # It has started then.
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize("proxies", ["0", "1"], indirect=True)
def test_a_path_that_the_proxy_has_seen_is_not_another(server: Server) -> None:
    assert get(server[0], "/static/", SCRIPT_NAME="/static").status == 404
    assert get(server[0], "/nowhere", PATH_INFO="/").status == 404


@pytest.mark.parametrize("proxies", ["0", "1"], indirect=True)
def test_a_scheme_is_believed_if_it_comes_from_a_proxy(
    server: Server, proxies: str
) -> None:
    response = get(server[0], "/", **{"X-Forwarded-Proto": "https"})
    assert bool(response.getheader("Strict-Transport-Security")) == (proxies == "1")
