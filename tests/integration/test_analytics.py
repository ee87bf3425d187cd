"""Questions, asked of votes that entered by the log and the processor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feedback_analytics import analytics
from feedback_analytics.analytics import Lake, SharedLake, Verdict
from feedback_analytics.api.article import article_document, is_known
from feedback_analytics.contract import ARTICLES_TOPIC
from feedback_analytics.store import Reader, open_reader
from tests.support.builders import a_vote, an_article, record_of
from tests.support.house import House

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WEEK = {"since": datetime(2026, 11, 18, tzinfo=UTC), "until": datetime(2026, 11, 25, tzinfo=UTC)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


@pytest.fixture
def reader(house: House) -> Iterator[Reader]:
    with open_reader(house.settings) as reader:
        yield reader


@pytest.fixture
def lake(reader: Reader) -> Lake:
    return Lake(reader)


def cast(house: House, *votes: dict[str, Any]) -> None:
    house.append([record_of(vote) for vote in votes])
    house.process_all()


def announce(house: House, *articles: dict[str, Any]) -> None:
    house.append(
        [(article["data"]["article_id"].encode(), json.dumps(article).encode()) for article in articles], ARTICLES_TOPIC
    )
    house.process_all()


def many(article: str, useful: int, votes: int, at: datetime = NOON, **told: Any) -> list[dict[str, Any]]:
    """So many readers' votes, the first of them useful."""
    return [a_vote(article, useful=n < useful, reader=f"r{n}", at=at, **told) for n in range(votes)]


def table(frame: pd.DataFrame, *columns: str) -> str:
    rows = [list(columns)]
    for record in frame.to_dict("records"):
        cells = [record[column] for column in columns]
        rows.append(["" if pd.isna(c) else f"{c:.3g}" if isinstance(c, float) else str(c) for c in cells])
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def test_an_articles_row_counts_each_reader_once_and_only_votes_for_the_whole(house: House, lake: Lake) -> None:
    announce(house, an_article("a1", title="Harbour tunnel", at=NOON, topic="Cities"))
    cast(
        house,
        a_vote("a1", useful=True, reader="r1", at=NOON),
        a_vote("a1", useful=False, reader="r1", at=NOON + timedelta(minutes=1)),
        a_vote("a1", useful=True, reader="r2", at=NOON),
        a_vote("a1", useful=True, reader="r3", at=NOON),
        a_vote("a1", vote="retracted", reader="r3", at=NOON + timedelta(minutes=1)),
        a_vote("a1", useful=True, reader="r1", at=NOON, section="whats-next"),
        a_vote("a2", useful=False, reader="r1", at=NOON),
    )
    found = lake.ask("ranking", order="votes", **WEEK)
    assert table(found, "article_id", "title", "topic", "votes", "useful", "verdict") == (
        "article_id  title           topic   votes  useful  verdict\n"
        "a1          Harbour tunnel  Cities  2      1       too_few\n"
        "a2          a2                      1      0       too_few"
    )


def test_a_vote_outside_the_period_does_not_count(house: House, lake: Lake) -> None:
    since, until = WEEK["since"], WEEK["until"]
    at = (since, since - timedelta(seconds=1), until - timedelta(seconds=1), until)
    cast(house, *(a_vote("a1", reader=f"r{n}", at=when) for n, when in enumerate(at)))
    assert list(lake.ask("ranking", **WEEK)["votes"]) == [2]


def test_articles_are_judged_against_the_middle_one(house: House, lake: Lake) -> None:
    cast(house, *many("good", 290, 300), *many("middle", 210, 300), *many("poor", 120, 300), *many("new", 2, 4))
    found = lake.ask("ranking", **WEEK).set_index("article_id")
    assert found["reference_share"].unique() == [0.7]
    assert found["verdict"].to_dict() == {
        "good": Verdict.BETTER,
        "middle": Verdict.UNSURE,
        "poor": Verdict.WORSE,
        "new": Verdict.TOO_FEW,
    }


def test_sections_are_judged_against_those_of_their_kind(house: House, lake: Lake) -> None:
    announce(house, *(an_article(name, at=NOON) for name in ("a1", "a2", "a3")))
    cast(
        house,
        *many("a1", 240, 300, section="whats-happening"),
        *many("a2", 150, 300, section="whats-next"),
        *many("a3", 30, 300, section="whats-next"),
        *many("a1", 150, 300, section="whats-next"),
    )
    columns = ("article_id", "heading", "kind", "votes", "reference_share", "verdict")
    found = lake.ask("ranking", of="sections", **WEEK).sort_values(["article_id", "section_id"])
    assert table(found, *columns) == (
        "article_id  heading            kind             votes  reference_share  verdict\n"
        "a1          What's Happening?  whats_happening  300    0.8              unsure\n"
        "a1          What's Next?       whats_next       300    0.5              unsure\n"
        "a2          What's Next?       whats_next       300    0.5              unsure\n"
        "a3          What's Next?       whats_next       300    0.5              worse"
    )


def test_the_overview_is_the_sum_of_articles_and_of_sections(house: House, lake: Lake) -> None:
    cast(house, *many("a1", 6, 10), *many("a2", 1, 2), *many("a1", 3, 5, section="s1"))
    assert table(lake.ask("overview", **WEEK), "target", "targets", "votes", "useful", "useful_share") == (
        "target   targets  votes  useful  useful_share\n"
        "article  2        12     7       0.583\n"
        "section  1        5      3"
    )


def test_without_votes_there_is_no_share_and_not_zero_percent(lake: Lake) -> None:
    found = lake.ask("overview", **WEEK)
    assert list(found["votes"]) == [0, 0]
    assert found["useful_share"].isna().all()
    for of in ("articles", "sections", "kinds"):
        assert lake.ask("ranking", of=of, **WEEK).empty


def test_every_day_of_the_period_has_a_row_and_few_votes_no_share(house: House, lake: Lake) -> None:
    cast(house, *many("a1", 8, 12), *many("a2", 1, 3, at=NOON + timedelta(days=1)))
    found = lake.ask("trend", **WEEK)
    assert list(found["votes"]) == [0, 0, 12, 3, 0, 0, 0]
    assert found["useful_share"].notna().sum() == 1
    assert str(found["step_at"].iloc[0]) == "2026-11-18 00:00:00+00:00"
    assert lake.ask("trend", article_id="a2", **WEEK)["votes"].sum() == 3


def test_an_article_over_the_api_has_sections_without_votes_and_those_that_were_dropped(
    house: House, lake: Lake
) -> None:
    announce(
        house,
        an_article("a1", at=NOON, sections=[{"id": "old", "heading": "An old one"}]),
        an_article("a1", version=2, at=NOON, sections=[{"id": "whats-next", "heading": "What's Next?"}]),
    )
    cast(house, *many("a1", 1, 2, section="unheard-of"))
    with closing(SharedLake(lake)) as shared, shared.look() as look:
        document = article_document(look, "a1")
    assert document is not None and document["counts"] is None
    assert table(pd.DataFrame(document["sections"]), "section_id", "heading", "kind", "is_current", "votes") == (
        "section_id  heading       kind        is_current  votes\n"
        "old         An old one    other       False       0\n"
        "whats-next  What's Next?  whats_next  True        0\n"
        "unheard-of  unheard-of    other       False       2"
    )


def test_an_article_is_known_by_its_announcement_or_by_a_vote(house: House, lake: Lake) -> None:
    announce(
        house, an_article("a1", version=1, title="Old", at=NOON), an_article("a1", version=2, title="New", at=NOON)
    )
    cast(house, *many("a2", 1, 1), *many("a4", 1, 1, section="s1"))
    with closing(SharedLake(lake)) as shared, shared.look() as look:
        known = {name: article_document(look, name) for name in ("a1", "a2", "a3", "a4")}
        assert {name: is_known(look, name) for name in known} == {name: bool(known[name]) for name in known}
    assert known["a3"] is None
    told = {name: (one["title"], one["article_version"], one["counts"]) for name, one in known.items() if one}
    assert told["a1"] == ("New", 2, None)
    assert told["a2"][:2] == ("a2", None) and told["a2"][2]["votes"] == 1
    assert told["a4"] == ("a4", None, None)
    assert [one["article_version"] for one in known["a1"]["versions"]] == [1, 2]


def test_the_ledger_says_what_became_of_each_record(house: House, lake: Lake) -> None:
    vote = a_vote("a1", at=NOON)
    cast(house, vote, vote)
    house.append_to(0, b"not an event")
    house.process_all()
    names = ["received", "stored", "duplicate", "dead", "moved"]
    assert list(lake.ask("ledger", days="all")[names].sum()) == [3, 1, 1, 1, 0]


def test_freshness_tells_the_last_commit_and_the_span_of_the_votes(house: House, lake: Lake) -> None:
    empty = lake.ask("freshness").iloc[0]
    assert pd.isna(empty["as_of"]) and pd.isna(empty["newest_vote_hour"])
    cast(house, a_vote("a1", at=NOON + timedelta(minutes=59)), a_vote("a2", at=NOON - timedelta(days=400)))
    found = lake.ask("freshness").iloc[0]
    assert found["newest_vote_hour"] == NOON
    assert found["first_vote_hour"] == NOON - timedelta(days=400)
    assert found["newest_received_at"] <= found["as_of"]


QUERIES = sorted(
    path.name.removesuffix(".sql")
    for path in resources.files(analytics).joinpath("queries").iterdir()
    if path.is_file()
)
PARAMETERS: dict[str, Any] = {
    "since": WEEK["since"], "until": WEEK["until"], "known_at": WEEK["until"], "step": "day", "article_id": "a1",
    "section_id": None, "topic": None, "author": None, "language": None, "kind": None, "ai": None, "source": None,
    "locale": None, "device": None, "referrer": None, "vote": None, "dimension": "device", "of_sections": False,
    "everything": False, "standing": True, "most": 10, "late_us": 3_600_000_000, "watch": "{}", "notes": 0,
    "entries": 0, "every_article": False, "least_offset": 0, "most_offset": 10,
    "committed_from": WEEK["since"],
}  # fmt: skip
STEP = "select $since::timestamptz as step_at, $since::timestamptz + interval 1 day as ends_at"
SPANS = "select log_id, log_topic, log_partition, 0 as first_offset, next_offset, 1::tinyint as sign from known"
ENTRIES = """
select 'a1' as article_id, null::varchar as section_id, $since::timestamptz as occurred_at, 1::bigint as votes_delta,
    1::bigint as useful_delta
"""
LENT = (
    "known_positions_then",
    "some_segments",
    "article_answers",
    "target_counts_of_segments",
    "article_facts",
    "section_facts",
)
# Questions whose tables other questions read, in the order in which they are made.
LENT_AS = {"known_positions_then": "known", "target_counts_of_segments": "counts"}


def test_a_query_gives_the_columns_that_its_header_promises(reader: Reader) -> None:
    with reader.snapshot() as snapshot:
        for name in (*LENT, *sorted(set(QUERIES) - set(LENT))):
            sql = resources.files(analytics).joinpath("queries", f"{name}.sql").read_text()
            header, body = ("\n".join(lines) for lines in _split(sql))
            assert re.match(rf"-- {name}: .*\?\n", header)
            types = "varchar|uuid|bigint|ubigint|integer|smallint|tinyint|boolean|double|timestamp with time zone"
            promised = re.findall(rf"^--   (\w+) +({types})(?: |$)", header, re.M)
            used = set(re.findall(r"\$(\w+)", body))
            assert set(re.findall(r"\$(\w+)", header)) == used, name
            bound = {key: PARAMETERS[key] for key in used}
            described = snapshot.table(f"describe {sql}", bound).to_pylist()
            assert promised == [(row["column_name"], row["column_type"].lower()) for row in described], name
            if name in LENT:
                snapshot.lend(LENT_AS.get(name, name), snapshot.table(sql, bound))
            if name == "known_positions_then":
                snapshot.lend("spans", snapshot.table(SPANS))
                snapshot.lend("span_entries", snapshot.table(ENTRIES, {"since": WEEK["since"]}))
            if name == LENT[-1]:
                quarter = "select $since::timestamptz as quarter_at, 1 as votes_delta, 1 as useful_delta"
                snapshot.lend("parts", snapshot.table(quarter, {"since": WEEK["since"]}))
                snapshot.lend("chosen_articles", snapshot.table("select 'a1' as article_id"))
                snapshot.lend("chosen", snapshot.table("select 'a1' as article_id, null::varchar as section_id"))
                snapshot.lend("steps", snapshot.table(STEP, {"since": WEEK["since"]}))


def _split(sql: str) -> tuple[list[str], list[str]]:
    lines = sql.splitlines()
    return [line for line in lines if line.startswith("--")], [line for line in lines if not line.startswith("--")]
