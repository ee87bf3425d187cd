"""What cannot be asked is refused in one sentence that says what can be; never with a trace, and never with zeros."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from feedback_analytics.analytics.lake import Lake
from feedback_analytics.errors import QueryError
from feedback_analytics.store import open_reader
from tests.support.builders import a_vote, record_of
from tests.support.chronicle import NOW
from tests.support.house import House


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with House(tmp_path_factory.mktemp("house")) as house:
        house.append([record_of(a_vote(f"a{number}", at=NOW, reader=f"r{number}")) for number in range(3)])
        house.process_all()
    with Lake(open_reader(house.settings), time_zone="Europe/Berlin", now=lambda: NOW) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "asked", "says"),
    [
        ("rankings", {}, r"there is no question 'rankings'. Did you mean ranking\? There are overview, ranking, "),
        ("x" * 5_000, {}, r"there is no question 'x+'. There are overview, "),
        ("ranking", {"topics": "Cities"}, r"no parameter 'topics'. Did you mean topic\? It takes since, until, days, "),
        ("freshness", {"topic": "Cities"}, r"freshness has no parameter 'topic'. It takes as_of"),
        ("ai_and_human", {"ai": "yes"}, r"ai_and_human has no parameter 'ai'"),
        ("ranking", {"of": "readers"}, r"of = 'readers' is not possible: articles, sections, kinds, topics, authors"),
        ("ranking", {"kind": "intro"}, r"kind = 'intro' is not possible: whats_happening, why_its_important, "),
        ("ranking", {"since": "last week"}, r"since = 'last week' is not possible: a day such as 2026-11-23"),
        ("ranking", {"since": "2026-13-01"}, r"since = '2026-13-01' is not possible: a day such as 2026-11-23"),
        ("ranking", {"days": "many"}, r"days = 'many' is not possible: a number of days from 1 to 36,500, or all"),
        ("ranking", {"min_votes": "-1"}, r"min_votes = '-1' is not possible: a whole number from 1 to 1,000,000,000"),
        ("ranking", {"topic": "x" * 2_001}, r"topic = 'x+...' is not possible: text of at most 2,000 characters"),
        ("overview", {"since": "2026-11-02", "until": "2026-11-01"}, r"the period ends at .*, before it begins at "),
        ("trend", {"since": "1990-01-01", "step": "hour"}, r"more than 20,000 steps of a hour. Ask for longer steps"),
        ("drops", {"window_days": 0}, r"window_days = '0' is not possible: a whole number from 1 to 366"),
        ("events_behind", {"most": 100_001}, r"most = '100001' is not possible: a whole number from 1 to 100,000"),
        (
            "ledger",
            {"min_votes": 3},
            r"no parameter 'min_votes': its rows are made of records of the log, .* It takes ",
        ),
        ("freshness", {"min_votes": 3}, r"its rows are made of records of the log, and not of votes. It takes as_of"),
        ("overview", {"min_votes": 0}, r"min_votes = '0' is not possible: a whole number from 1 to 1,000,000,000"),
        (
            "ranking",
            {"kind": "whats_next"},
            r"kind chooses sections, and of = articles .*: set of = sections, or leave",
        ),
        ("ranking", {"kind": "other", "of": "topics"}, r"kind chooses sections, and of = topics counts votes for "),
        ("trend", {"section_id": "s"}, r"section_id chooses sections, and of = articles .*, or leave section_id out"),
        ("events_behind", {"kind": "other", "of": "articles"}, r"kind chooses sections, and of = articles counts"),
        ("edit_effect", {}, r"edit_effect asks about one article: set article_id"),
        ("overview", {"as_of": "then"}, r"as_of = 'then' is neither a time such as .* nor the positions"),
        ("overview", {"as_of": "no-log:feedback.votes.v1:0@1"}, r"of the log no-log, which this store never read"),
    ],
)
def test_what_is_not_possible_is_told_in_a_sentence(
    lake: Lake, question: str, asked: dict[str, Any], says: str
) -> None:
    with pytest.raises(QueryError, match=says) as refused:
        lake.ask(question, **asked)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1_000


def test_what_looks_like_sql_is_a_value(lake: Lake) -> None:
    for text in ("a1' or '1'='1", "'; drop table raw.votes; --", "a1\0"):
        assert lake.ask("ranking", article_id=text).empty, text
    assert lake.ask("ranking", article_id="a1")["votes"].tolist() == [1]


def test_half_a_character_is_refused(lake: Lake) -> None:
    with pytest.raises(QueryError, match="topic = "):
        lake.ask("ranking", topic="\ud800")
