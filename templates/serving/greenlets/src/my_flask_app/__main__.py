"""The ``flask`` command on greenlets, as in ``python -m PACKAGE run --debug``.

Flask's reloader starts it again in the same way, so that is patched as well.
"""

from . import greenlets  # noqa: F401  (patches when imported)

# isort: split
import threading
import traceback

from flask.cli import main


def pass_on_sigterm(args: threading.ExceptHookArgs) -> None:
    """Let SIGTERM end the process and not only a thread, which is a greenlet here.

    Werkzeug's reloader raises SystemExit when the signal arrives, and Python does so in
    the greenlet that runs. Where that is a thread, nothing else would come of it.
    """
    frames = [frame for frame, _ in traceback.walk_tb(args.exc_traceback)]
    raised_in = frames[-1].f_globals["__name__"]
    if args.exc_type is SystemExit and raised_in == "werkzeug._reloader":
        raise SystemExit

    threading.__excepthook__(args)


if __name__ == "__main__":
    threading.excepthook = pass_on_sigterm
    main()
