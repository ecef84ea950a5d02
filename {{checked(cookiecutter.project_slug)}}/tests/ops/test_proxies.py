"""What a proxy on the same machine lets through does not mislead Gunicorn."""

from collections.abc import Callable

import pytest

from .conftest import Server


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_only_a_scheme_is_believed_and_only_if_a_proxy_has_sent_it(
    serve: Callable[..., Server], proxies: str
) -> None:
    server = serve(PROXIES=proxies)
    forwarded = server.ask("/", "X-Forwarded-Proto: https")
    assert (b"\r\nStrict-Transport-Security: " in forwarded) == (proxies == "1")

    # Gunicorn takes them for what the proxy has seen, if it believes a proxy.
    for path, header in [("/static/", "SCRIPT_NAME: /static"), ("/no", "PATH_INFO: /")]:
        assert server.ask(path, header).startswith(b"HTTP/1.1 404 ")
