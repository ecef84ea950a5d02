"""The processes of pytest-xdist."""

import os

# The name of this process, if pytest-xdist runs several.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
