"""Where answers came from: one id per combination, without asking anyone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from feedback_analytics.processor.segments import Segment, referrer_host, segments_of


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://Search.Example/?q=secret", "search.example"),
        ("https://user:word@news.example:8443/a", "news.example"),
        ("news.example/a", "news.example"),
        ("android-app://com.example.reader/", "com.example.reader"),
        ("https://[::1", None),
        ("", None),
        (None, None),
    ],
)
def test_of_a_referrer_only_the_host_is_kept(referrer: str | None, host: str | None) -> None:
    assert referrer_host(referrer) == host


def test_values_that_run_together_make_different_segments() -> None:
    ids = {
        Segment("ab", "c", None, None).segment_id,
        Segment("a", "bc", None, None).segment_id,
        Segment("a", None, "bc", None).segment_id,
        Segment("a", "", "bc", None).segment_id,
    }
    assert len(ids) == 4


def test_each_event_gets_the_id_of_its_combination() -> None:
    columns = [["s", "t", "s"], ["en", None, "en"], [None, "mobile", None], ["https://a.example/1"] * 3]
    found = segments_of(*(pa.array(column, pa.string()) for column in columns))
    assert found.ids[0] == found.ids[2] != found.ids[1]
    assert found.segments[int(found.ids[1])] == Segment("t", None, "mobile", "a.example")
