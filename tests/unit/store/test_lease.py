"""The write lease: one holder at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feedback_analytics.errors import StoreBusy
from feedback_analytics.store.lease import WriteLease


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with WriteLease(tmp_path / "write.lock"), pytest.raises(StoreBusy, match=f"pid {os.getpid()}"):
        WriteLease(tmp_path / "write.lock")


def test_a_lease_given_back_can_be_taken_again(tmp_path: Path) -> None:
    WriteLease(tmp_path / "write.lock").close()
    WriteLease(tmp_path / "write.lock").close()
