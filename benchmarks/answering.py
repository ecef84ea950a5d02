"""Run as a program: answer requests, and tell what CPU time one of them took.

The argument is a module with a function ``create_app``. Each line of the standard
input holds a number of requests and their path; the answer to it is a line with the
seconds for one.
"""

import gc
import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import create_environ


def main(module: str) -> None:
    app: Flask = importlib.import_module(module).create_app()
    gc.collect()
    for line in sys.stdin:
        number, path = line.split()
        print(seconds_for_one(app, create_environ(path), int(number)), flush=True)


def seconds_for_one(app: Flask, environ: dict[str, Any], number: int) -> float:
    """Return what one request took, after one more whose time does not count.

    It brings back to the processor's caches what others have pushed out of them.
    """
    answer(app, environ.copy())
    start = time.process_time()
    for _ in range(number):
        answer(app, environ.copy())

    return (time.process_time() - start) / number


def answer(app: Flask, environ: dict[str, Any]) -> None:
    """Call the application as a server would.

    :raises RuntimeError: if it answers with an error.
    """
    statuses = []

    def start(status: str, *_: object) -> Callable[[bytes], object]:
        statuses.append(status)
        return sys.stdout.buffer.write

    body: Any = app(environ, start)
    try:
        b"".join(body)
    finally:
        body.close()

    if statuses != ["200 OK"]:
        raise RuntimeError(f"{environ['PATH_INFO']} answers {statuses}")


if __name__ == "__main__":
    main(sys.argv[1])
