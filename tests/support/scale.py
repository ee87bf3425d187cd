"""How much the tests of faults and laws do: `make test-scale` sets FEEDBACK_TEST_SCALE=full."""

from __future__ import annotations

import os

FULL = os.environ.get("FEEDBACK_TEST_SCALE") == "full"
