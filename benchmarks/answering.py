"""Run as a program: answer requests, and tell what CPU time one of them took.

The argument names a module with a function ``create_app``. Each line of the standard
input is a number of requests; the answer to it is a line with the seconds for one.
"""

import gc
import importlib
import sys
import time
from typing import Any

from flask import Flask
from werkzeug.test import create_environ

PAGE = "/students/1"


def main() -> None:
    app: Flask = importlib.import_module(sys.argv[1]).create_app()
    for line in sys.stdin:
        print(seconds_for_one(app, int(line)), flush=True)


def seconds_for_one(app: Flask, number: int) -> float:
    environ = create_environ(PAGE)
    gc.collect()
    start = time.process_time()
    for _ in range(number):
        answer(app, environ.copy())

    return (time.process_time() - start) / number


def answer(app: Flask, environ: dict[str, Any]) -> None:
    """Call the application as a server would."""
    statuses: list[str] = []
    body: Any = app.wsgi_app(environ, lambda status, *_: statuses.append(status))
    try:
        b"".join(body)
    finally:
        body.close()

    if statuses != ["200 OK"]:
        raise RuntimeError(f"{PAGE} answers {statuses}")


if __name__ == "__main__":
    main()
