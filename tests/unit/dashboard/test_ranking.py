"""The ranking: which rows stand where, and that they stay there until asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from feedback_analytics.analytics.catalog.question import with_verdict
from feedback_analytics.dashboard.pages.ranking import grouped, in_kept_order, row_key


def articles(**counts: tuple[int, int]) -> pd.DataFrame:
    """Judged rows of article id = (useful, votes), against 70 %."""
    rows = [{"article_id": name, "useful": useful, "votes": votes} for name, (useful, votes) in counts.items()]
    table = pd.DataFrame(rows).assign(section_id=None, group=None)
    return with_verdict(table, np.full(len(table), 0.7)).astype({"votes_needed": "Int64"})


def drawn(table: pd.DataFrame) -> dict[str, list[str]]:
    return {group.name: [row["article_id"] for row in group.rows] for group in grouped(table) if group.rows}


def test_the_sure_ones_come_first_and_few_votes_top_no_list() -> None:
    table = articles(poor=(100, 300), poorest=(0, 10), fine=(290, 300), perfect=(10, 10), new=(1, 1), open=(60, 80))
    assert drawn(table) == {"worse": ["poorest", "poor"], "better": ["fine"], "waits": ["perfect", "open", "new"]}


def test_a_ranking_has_at_most_four_rows_a_group_and_says_how_many_there_are() -> None:
    table = articles(**{f"poor{n}": (100 + n, 300) for n in range(9)})
    worse = grouped(table)[0]
    assert ([row["article_id"] for row in worse.rows], worse.total) == (["poor0", "poor1", "poor2", "poor3"], 9)


def test_rows_stay_where_they_are_with_their_new_numbers() -> None:
    before = articles(poor=(100, 300), fine=(290, 300))
    kept = [row_key(group, row) for group in grouped(before) for row in group.rows]
    after = articles(poor=(500, 700), fine=(290, 300))
    groups, moved = in_kept_order(grouped(after), after, kept)
    held = {group.name: [(row["article_id"], row["votes"]) for row in group.rows] for group in groups if group.rows}
    assert held == {"worse": [("poor", 700)], "better": [("fine", 300)]}
    assert moved == 1


def test_nothing_has_moved_while_the_order_is_the_same() -> None:
    table = articles(poor=(100, 300), fine=(290, 300))
    kept = [row_key(group, row) for group in grouped(table) for row in group.rows]
    assert in_kept_order(grouped(table), table, kept)[1] == 0
