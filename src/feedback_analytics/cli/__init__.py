"""The command line, and the composition root: it reads the settings, opens the rooms, joins them and closes them.

Each command is one function with an example in its help. No other room knows this one.
"""

from feedback_analytics.cli.app import main

__all__ = ["main"]
