"""What a data directory remembers of its demo."""

from datetime import UTC, datetime
from pathlib import Path

from feedback_analytics.demo import DemoMarker, read_marker, write_marker


def test_a_directory_without_a_demo_has_no_marker(tmp_path: Path) -> None:
    assert read_marker(tmp_path) is None


def test_a_second_start_finds_the_anchor_and_seed_of_the_first(tmp_path: Path) -> None:
    marker = DemoMarker(seed=7, anchor=datetime(2026, 11, 24, 10, 15, 30, 123456, tzinfo=UTC))
    write_marker(tmp_path, marker)
    assert read_marker(tmp_path) == marker
    loaded = DemoMarker(marker.seed, marker.anchor, is_loaded=True)
    write_marker(tmp_path, loaded)
    assert read_marker(tmp_path) == loaded
