"""Run as a program: write, and tell how often, and how long that took.

The argument is a module with a function ``create_app``. Each line of the standard
input holds a number of writers, and the method and path of what each asks for; the
answer to it is a line with the answers a second, and with what 99 per cent of them took
at most, in milliseconds.
"""

import importlib
import sys
from contextlib import suppress

# Before anything else is imported, as in a generated project.
with suppress(ModuleNotFoundError):
    importlib.import_module("my_flask_app.greenlets")

import threading
import time

from flask import Flask

SECONDS = 1.5


def main(module: str) -> None:
    app: Flask = importlib.import_module(module).create_app()
    for line in sys.stdin:
        writers, method, path = line.split()
        waits = write(app, int(writers), method, path)
        print(len(waits) / SECONDS, waits[int(len(waits) * 0.99)] * 1000, flush=True)


def write(app: Flask, writers: int, method: str, path: str) -> list[float]:
    """Return how long each answer took, in seconds, the shortest first.

    :raises RuntimeError: if one fails.
    """
    waits: list[float] = []
    failures: list[str] = []
    deadline = time.monotonic() + SECONDS

    def work() -> None:
        client = app.test_client()
        while (began := time.monotonic()) < deadline:
            response = client.open(path, method=method)
            waits.append(time.monotonic() - began)
            if response.status_code != 200:
                failures.append(response.status)

    threads = [threading.Thread(target=work) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    if failures:
        raise RuntimeError(f"A write is {failures[0]}")

    return sorted(waits)


if __name__ == "__main__":
    main(sys.argv[1])
