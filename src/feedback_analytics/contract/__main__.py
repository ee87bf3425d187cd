"""Writes the contract's generated files anew: `python -m feedback_analytics.contract docs/reference`."""

from __future__ import annotations

import sys
from pathlib import Path

from feedback_analytics.contract import reference_files

for path, content in reference_files().items():
    file = Path(sys.argv[1], path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
