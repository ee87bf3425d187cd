"""Imported first in the process that commands are forked from: without a file behind `__main__`, DuckDB takes it for a
shell with somebody in front of it, and draws a progress bar into the answers of slow queries."""

import sys

sys.modules["__main__"].__file__ = __file__
