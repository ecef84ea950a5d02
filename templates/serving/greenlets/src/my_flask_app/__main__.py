"""The ``flask`` command on greenlets, as in ``python -m PACKAGE run --debug``.

Flask's reloader starts it again in the same way, so that is patched as well.
"""

from . import greenlets  # noqa: F401  (patches when imported)

# isort: split
from flask.cli import main

if __name__ == "__main__":
    main()
