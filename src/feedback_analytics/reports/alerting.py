"""Makes an alert: the drops that one telling told, from the same answer whenever it is made."""

from __future__ import annotations

from feedback_analytics.analytics import Lake, numbers, sentences
from feedback_analytics.errors import QueryError
from feedback_analytics.reports.making import MOST_NAMED, Chapter, Item, Report, span_text

TOLD = """
select family, article_id, section_id, topic, window_since, window_until, positions
from mart.told_drops
where telling_id = $telling_id
"""


def make_alert(lake: Lake, telling_id: str) -> Report:
    """The alert of a telling (mart.told_drops.telling_id), made from the positions that it was decided on.

    Raises QueryError when nothing was told by it.
    """
    told = lake.sql(TOLD, {"telling_id": telling_id}).to_arrow_table().to_pylist()
    if not told:
        raise QueryError(f"no drop was told by the telling {telling_id[:64]}.")
    targets = {tuple(row[name] for name in ("family", "article_id", "section_id", "topic")) for row in told}
    since, until, positions = (told[0][name] for name in ("window_since", "window_until", "positions"))
    answer = lake.ask("drops", as_of=positions)
    rows = [
        row
        for row in answer.astype(object).where(answer.notna(), None).to_dict("records")
        if (row["family"], row["article_id"], row["section_id"], row["group"]) in targets
    ]
    items = [Item(sentences.drop(row), row["useful_share"], line=row["useful_share_before"]) for row in rows]
    if (more := len(items) - 2 * MOST_NAMED) > 0:
        items = [*items[: 2 * MOST_NAMED], Item((sentences.Part(f"And {numbers.count(more)} more."),))]
    asked = answer.attrs["parameters"]
    foot = (
        f"of {numbers.count(answer['targets_watched'].iloc[0])} watched together; against the "
        f"{numbers.counted(asked['base_days'], 'day')} before, by more than {asked['least_points']} points for sure; "
        "at most 5 % of what is told is expected to be false; each drop is told once, and again only after it recovered"
    )
    return Report(
        f"Alert: {_what(rows)} fell",
        span_text(since, until, lake.zone),
        since,
        until,
        lake.zone,
        answer.attrs["as_of"],
        positions,
        f"feedback ask drops --as-of '{positions}'",
        (),
        (Chapter("What fell", tuple(items), "", foot),),
    )


def _what(rows: list[dict[str, object]]) -> str:
    """`2 articles and 1 topic`."""
    counts = [(sum(row["family"] == noun for row in rows), noun) for noun in ("article", "section", "topic")]
    named = [numbers.counted(count, noun) for count, noun in counts if count]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
