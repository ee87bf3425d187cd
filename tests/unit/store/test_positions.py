"""Which table holds the positions of a worker."""

from __future__ import annotations

import pytest

from feedback_analytics.errors import SettingsError
from feedback_analytics.store.positions import UNOWNED, Position, positions_table


def test_a_worker_and_its_table_name_each_other() -> None:
    assert positions_table("worker-1") == "positions_worker_1"
    assert Position("log", "topic", 0, 7, "positions_worker_1").worker == "worker-1"


def test_a_partition_that_nobody_claimed_has_no_worker() -> None:
    assert Position("log", "topic", 0, 7, UNOWNED).worker is None


@pytest.mark.parametrize("name", ["unowned", "x; drop table votes", "a.b"])
def test_a_worker_name_that_cannot_be_a_table_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="worker_name"):
        positions_table(name)
