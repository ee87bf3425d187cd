"""Sums by day and month: exactly the folded entries, whatever was folded when, and in which time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from feedback_analytics.analytics import Lake
from feedback_analytics.store import Reader, open_reader, prove_ledger
from tests.support.store import LOG, TOPIC, Scribe, a_vote, a_writer, maintain, reversal_of

EVENING = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
"""Already the first day of November in Berlin."""
MORNING = datetime(2026, 11, 1, 9, tzinfo=UTC)

DAYS = "select article_id, section_id, day_at, votes_delta, useful_delta from raw.usefulness_daily order by all"
MONTHS = "select article_id, section_id, month_at, votes_delta, useful_delta from raw.usefulness_monthly order by all"
OCTOBER, NOVEMBER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
LAST_DAY = datetime(2026, 10, 31, tzinfo=UTC)
IN_BERLIN = datetime(2026, 10, 31, 23, tzinfo=UTC)


def fill(folder: Path, scribe: Scribe) -> None:
    """Three votes, one of them changed in a later transaction of another partition's neighbour."""
    with a_writer(folder) as writer:
        scribe.begin(writer)
        first = a_vote("a1", reader="r1", at=EVENING)
        writer.commit(scribe.rows([first, a_vote("a1", reader="r2", at=MORNING)]))
        writer.commit(scribe.rows([a_vote("a1", "not_useful", reader="r3", section="s1", at=MORNING)], partition=1))
        assert "folded" in maintain(writer, folder)
        writer.commit(scribe.rows([a_vote("a1", "not_useful", reader="r1", at=MORNING), reversal_of(first)]))


def asked(reader: Reader, query: str) -> list[tuple[object, ...]]:
    return reader.sql(query).fetchall()


def test_each_entry_is_folded_once_and_the_sums_are_those_of_the_entries(tmp_path: Path) -> None:
    scribe = Scribe()
    fill(tmp_path, scribe)
    with open_reader(tmp_path) as reader:
        # What was committed after the round is not in the sums yet.
        assert asked(reader, DAYS) == [
            ("a1", "s1", NOVEMBER, 1, 0),
            ("a1", None, LAST_DAY, 1, 1),
            ("a1", None, NOVEMBER, 1, 1),
        ]
        assert asked(reader, "select sum(next_offset) from raw.folded_positions") == [(3,)]
        assert prove_ledger(reader, None).problems == ()
    with a_writer(tmp_path) as writer:
        assert "folded" in maintain(writer, tmp_path)
        assert "folded" not in maintain(writer, tmp_path)
    with open_reader(tmp_path) as reader:
        assert asked(reader, DAYS) == [
            ("a1", "s1", NOVEMBER, 1, 0),
            ("a1", None, LAST_DAY, 0, 0),
            ("a1", None, NOVEMBER, 2, 1),
        ]
        assert asked(reader, MONTHS) == [
            ("a1", "s1", NOVEMBER, 1, 0),
            ("a1", None, OCTOBER, 0, 0),
            ("a1", None, NOVEMBER, 2, 1),
        ]
        assert asked(reader, "select min(first_vote_hour), max(newest_vote_hour) from raw.folded_positions") == [
            (EVENING.replace(minute=0), MORNING)
        ]
        assert prove_ledger(reader, None).problems == ()


def test_a_newsroom_in_another_time_zone_gets_days_of_its_own(tmp_path: Path) -> None:
    scribe = Scribe()
    fill(tmp_path, scribe)
    with a_writer(tmp_path, analytics__time_zone="Europe/Berlin") as writer:
        assert "days and months are those of Europe/Berlin now" in maintain(writer, tmp_path)
    with open_reader(tmp_path) as reader:
        # The evening's vote was taken back on the same day of Berlin.
        assert asked(reader, DAYS) == [("a1", "s1", IN_BERLIN, 1, 0), ("a1", None, IN_BERLIN, 2, 1)]
        assert asked(reader, MONTHS) == asked(reader, DAYS)
        assert asked(reader, "select distinct time_zone from raw.folded_positions") == [("Europe/Berlin",)]
        assert prove_ledger(reader, None).problems == ()


def test_entries_that_are_read_bit_by_bit_are_those_that_are_read_at_once(tmp_path: Path) -> None:
    scribe = Scribe()
    fill(tmp_path, scribe)
    steps = [
        lambda writer: writer.commit(scribe.rows([a_vote("a1", reader="r4", at=MORNING)], partition=1)),
        lambda writer: writer.commit(scribe.rows([a_vote("a2", reader="r5", at=EVENING)])),
        lambda writer: maintain(writer, tmp_path),
        lambda writer: writer.commit(scribe.rows([a_vote("a2", "not_useful", reader="r6", at=MORNING)])),
    ]
    with a_writer(tmp_path) as writer, Lake(open_reader(tmp_path)) as lake:
        writer.claim(LOG, TOPIC, [0, 1])
        before, votes = lake.ask("ranking", days="all"), []
        for step in steps:
            step(writer)
            with Lake(open_reader(tmp_path)) as fresh:
                once = fresh.ask("ranking", days="all")
            pd.testing.assert_frame_equal(lake.ask("ranking", days="all"), once)
            votes.append(int(once["votes"].sum()))
            # An earlier state in between takes nothing away from the next one.
            again = lake.ask("ranking", days="all", as_of=before.attrs["positions"])
            assert again["votes"].sum() == before["votes"].sum()
        assert votes == [3, 4, 4, 5]
