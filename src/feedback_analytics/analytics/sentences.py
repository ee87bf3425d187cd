"""What the numbers say, in words: built here from the rows of a question, for pages, reports and mails alike.

A sentence is a tuple of parts, so that a page can set some in bold and link an article, and a mail can write it plain.
Titles and headings in them are text from outside: who draws them escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import pandas as pd

from feedback_analytics.analytics import numbers
from feedback_analytics.analytics.intervals import wilson_interval
from feedback_analytics.analytics.verdicts import LEVEL, MIN_VOTES, Verdict

KINDS = {
    "whats_happening": "What’s Happening?",
    "why_its_important": "Why It’s Important?",
    "whats_next": "What’s Next?",
    "beyond_the_headlines": "Beyond the Headlines",
    "other": "Other sections",
}

VERDICTS = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.CLOSE: "close to typical",
    Verdict.UNSURE: "can’t tell yet",
    Verdict.TOO_FEW: "too few votes",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """A piece of a sentence. is_strong: the eye should find it; article_id: it names that article."""

    text: str
    is_strong: bool = False
    article_id: str | None = None


Sentence = tuple[Part, ...]


def plain(sentence: Sentence) -> str:
    """The sentence as text."""
    return "".join(part.text for part in sentence)


def fix_first(sections: pd.DataFrame, most: int = 3) -> list[tuple[Sentence, Row]]:
    """What to rewrite first: a sentence and its row for each section that is surely below what to expect.

    Takes rows of `section_map`, which come in the order of sure gap × votes a week; at most `most` of them, empty when
    none is surely below.
    """
    rows = sections[sections["verdict"] == Verdict.WORSE].head(most).to_dict("records")
    return [(_fix(row, is_first=place == 0), row) for place, row in enumerate(rows)]


def nothing_to_fix(sections: pd.DataFrame) -> Sentence:
    """Why there is nothing to rewrite: none is surely below what to expect, or there are too few votes to say."""
    none = "No section is surely below what to expect."
    if sections.empty:
        return _say(none)
    if (sections["verdict"] == Verdict.TOO_FEW).all():
        nearest = sections.sort_values(["votes", "article_id"], ascending=[False, True], kind="stable").iloc[0]
        missing = numbers.counted(MIN_VOTES - nearest["votes"], "more vote")
        target = (_strong(nearest["heading"] or nearest["section_id"]), " in ", _article(nearest))
        so_far = numbers.counted(sections["votes"].sum(), "section vote")
        return _say(f"{so_far} so far. The first share needs {missing} on ", *target, "; until then nothing is ranked.")
    waiting = sections[sections["verdict"] == Verdict.UNSURE]
    if waiting.empty:
        return _say(none)
    lowest = waiting.sort_values(["difference", "article_id"], kind="stable").iloc[0]
    if lowest["difference"] >= 0:
        return _say(none)
    target = (_strong(lowest["heading"] or lowest["section_id"]), " in ", _article(lowest))
    span = numbers.signed_range(lowest["running_low"], lowest["running_high"])
    points = numbers.signed_points(lowest["difference"])
    return _say(f"{none} The furthest below is ", *target, f": {points} ({span}), which can’t be told yet from none.")


def map_counts(sections: pd.DataFrame) -> Sentence:
    """`12 of 92 sections surely differ from what article, kind and topic let expect: 7 below, 5 above.`"""
    tally = sections["verdict"].value_counts()
    below, above = int(tally.get(Verdict.WORSE, 0)), int(tally.get(Verdict.BETTER, 0))
    differ = "differs" if below + above == 1 else "differ"
    return _say(
        _strong(f"{numbers.count(below + above)} of {numbers.counted(len(sections), 'section')}"),
        f" surely {differ} from what article, kind and topic let expect: ",
        f"{numbers.count(below)} below, {numbers.count(above)} above.",
    )


def verdict_counts(rows: pd.DataFrame, noun: str) -> Sentence:
    """`6 of 24 articles are surely better than a typical one, 4 surely worse; 13 need more votes, 1 is close to …`"""
    tally = rows["verdict"].value_counts()
    better, worse, close = (int(tally.get(verdict, 0)) for verdict in (Verdict.BETTER, Verdict.WORSE, Verdict.CLOSE))
    waiting = len(rows) - better - worse - close
    return _say(
        f"{numbers.count(better)} of {numbers.counted(len(rows), noun)} {_is(better)} surely better ",
        "than a typical one, ",
        f"{numbers.count(worse)} surely worse; ",
        f"{numbers.count(waiting)} {'needs' if waiting == 1 else 'need'} more votes, ",
        f"{numbers.count(close)} {_is(close)} close to typical.",
    )


def over_time(total: Row, days: int) -> Sentence:
    """The share of the whole period, as the line by the chart of its steps. total: counts with their share."""
    votes = numbers.counted(total["votes"], "vote")
    if total["votes"] < MIN_VOTES:
        return _say(f"{votes} in the period: too few for a share.")
    share = numbers.percent(total["useful_share"])
    span = numbers.percent_range(total["useful_share_low"], total["useful_share_high"])
    return _say(_strong(share), f" of {votes} in these {numbers.counted(days, 'day')} say useful ({span}).")


def time_before(total: Row, name: str) -> Sentence:
    """The share of the period before, as the dashed line by the chart; empty where nobody voted then.

    total: a row of `overview`; name: what that time is called, such as `4 weeks before`.
    """
    useful, votes = total["useful_before"], total["votes_before"]
    if not votes:
        return ()
    if votes < MIN_VOTES:
        return _say(f" {name} there were {numbers.counted(votes, 'vote')}: too few for a share.")
    interval = wilson_interval(useful, votes, LEVEL)
    span = numbers.percent_range(float(interval.low), float(interval.high))
    share = _strong(numbers.percent(useful / votes))
    return _say(f" {name} it was ", share, f" of {numbers.counted(votes, 'vote')} ({span}), the dashed line.")


def change(row: Row, before: str) -> Sentence:
    """The share against the time before, of a row of `overview`; before: what that time is called."""
    if _is_missing(row["difference"]):
        return _say(f"no share in {before} to compare with")
    span = numbers.signed_range(row["difference_low"], row["difference_high"])
    points = f"{numbers.signed(row['difference'])}{numbers.FIXED}points"
    if row["difference_low"] <= 0 <= row["difference_high"]:
        return _say(_strong(points), f" ({span}) against {before}: can’t tell yet from no change")
    return _say(_strong(points), f" ({span}) against {before}")


def drop(row: Row) -> Sentence:
    """One row of `drops`, as an alert."""
    target = _drop_target(row)
    fell = f"{numbers.at_least_points(-row['difference'])}"
    now, then = numbers.percent(row["useful_share"], 0), numbers.percent(row["useful_share_before"], 0)
    counts = (
        f"{then} of {numbers.counted(row['votes_before'], 'vote')} before, {now} of {numbers.count(row['votes'])} since"
    )
    return _say(*target, " fell ", _strong(fell), f": {counts}.")


def rise(row: Row) -> Sentence:
    """One row of `rises`."""
    now, then = numbers.percent(row["useful_share"], 0), numbers.percent(row["useful_share_before"], 0)
    before = numbers.counted(row["votes_before"], "vote")
    rose = _strong(numbers.at_least_points(row["difference"]))
    return _say(
        *_drop_target(row),
        " rose ",
        rose,
        f": {then} of {before} before, {now} of {numbers.count(row['votes'])} since.",
    )


def edit(row: Row) -> Sentence:
    """One row of `edit_effect`: what the share was after a version, and the caution that belongs to it."""
    what = f"After version {int(row['article_version'])} "
    if _is_missing(row["difference"]):
        few = numbers.counted(min(row["votes"], row["votes_before"]), "vote")
        return _say(what, f"there are too few votes to compare: {few} on one of the two versions.")
    span = numbers.signed_range(row["difference_low"], row["difference_high"])
    before = numbers.percent(row["useful_before"] / row["votes_before"])
    after = numbers.percent(row["useful"] / row["votes"])
    counts = f"{before} of {numbers.count(row['votes_before'])} before, {after} of {numbers.count(row['votes'])} after"
    caution = "Readers of the first days differ from later ones, so part of it may not be the edit."
    if row["difference_low"] <= 0 <= row["difference_high"]:
        points = numbers.signed(row["difference"])
        return _say(what, f"the change can’t be told yet from none: {points} ({span}) points; {counts}.")
    higher = "higher" if row["difference"] > 0 else "lower"
    points = f"{abs(100 * row['difference']):.1f}{numbers.FIXED}points {higher}"
    return _say(what, "the share was ", _strong(points), f" ({span}): {counts}. {caution}")


def ai_and_human(row: Row) -> Sentence:
    """The matched row of `ai_and_human`, in words."""
    if _is_missing(row["difference"]):
        return _say("No AI-generated article has a human-written one of the same topic, length and week beside it.")
    points = f"{numbers.signed(row['difference'])}{numbers.FIXED}points"
    span = numbers.signed_range(row["difference_low"], row["difference_high"])
    like = f"{numbers.counted(row['ai_targets'], 'AI-generated article')} with their like"
    if row["difference_low"] <= 0 <= row["difference_high"]:
        return _say(
            "Of the same topic, length and week, no difference can be told yet: ",
            _strong(points),
            f" ({span}), {like}.",
        )
    word = "less" if row["difference"] < 0 else "more"
    return _say(
        f"Of the same topic, length and week, readers find AI-generated articles {word} useful: ",
        _strong(points),
        f" ({span}), {like}.",
    )


def groups_told(table: pd.DataFrame) -> Sentence:
    """How many groups of readers differ, and how many were looked at. Takes rows of `segments`."""
    looked = int(table["groups_compared"].max()) if len(table) else 0
    if looked < 2:
        return _say("There are not two groups with 10 votes to compare.")
    sure = int(table["is_sure"].sum())
    differ = "differs" if sure == 1 else "differ"
    return _say(
        _strong(f"{numbers.count(sure)} of {numbers.counted(looked, 'group')}"),
        f" surely {differ} from the rest, after allowing for having looked at all of them ",
        "(false discoveries held to 5 %).",
    )


def article_lead(article: Row, sections: pd.DataFrame) -> Sentence:
    """What readers make of one article, and the section that falls out. A row of `ranking`, rows of `section_map`."""
    return (*_whole(article), *_fallen_out(sections))


def no_votes_yet(days: int) -> Sentence:
    """For an article without votes for the whole of it in the period."""
    told = numbers.counted(days, "day")
    return _say(_strong("No votes for the article as a whole"), f" in these {told}; its sections may have some.")


def how_sure(article: Row | None) -> list[Sentence]:
    """How far the share of one article can be trusted: now, at every look, and what would settle it."""
    if article is None or article["verdict"] == Verdict.TOO_FEW:
        return [_say(f"A share is shown from {MIN_VOTES} votes; until then chance decides it.")]
    now = numbers.percent_range(article["useful_share_low"], article["useful_share_high"])
    always = numbers.percent_range(article["running_low"], article["running_high"])
    typical = numbers.percent(article["reference_share"], 0)
    needed = numbers.more_votes(article["votes_needed"])
    verdict = {
        Verdict.BETTER: f"All of it lies above the typical {typical}: the article is surely better.",
        Verdict.WORSE: f"All of it lies below the typical {typical}: the article is surely worse.",
        Verdict.CLOSE: f"All of it lies within 5{numbers.FIXED}points of the typical {typical}.",
        Verdict.UNSURE: f"The typical {typical} lies in it or near its end: {needed} would settle it.",
    }[article["verdict"]]
    return [
        _say(_strong(now), " is the 95 % interval for one look, now: the thick bar."),
        _say(
            _strong(always), " holds however often you look while votes arrive: the thin line, which gives the verdict."
        ),
        _say(verdict),
        _say("It speaks for the readers who answered, not for all who read."),
    ]


def stale(as_of: datetime | None, waiting_seconds: float, waiting_records: int, zone: tzinfo = UTC) -> Sentence:
    """Why a page is behind, how many events wait, and that none is lost."""
    wait = "waits" if waiting_records == 1 else "wait"
    seen = f"; what you see was right at {numbers.clock(as_of, zone)}" if as_of else ""
    return _say(
        _strong(f"These numbers are {numbers.age(waiting_seconds)} old."),
        f" {numbers.counted(waiting_records, 'event')} {wait} safely in the log and will be counted when the worker "
        f"comes to them{seen}.",
    )


def _fix(row: Row, *, is_first: bool) -> Sentence:
    share, expected = numbers.percent(row["useful_share"], 0), numbers.percent(row["expected_share"], 0)
    # Rounded down, a gap that is sure but small would be one of 0 points.
    gap = numbers.at_least_points(row["sure_gap"]) if row["sure_gap"] >= 0.001 else ""
    readers = numbers.counted(row["votes"], "reader")
    heading = _strong(row["heading"] or row["section_id"])
    a_week = f"About {numbers.about(row['votes_a_week'])} answer it in a week."
    if is_first:
        return _say(
            "Rewrite ", heading, " in ", _article(row), ". ", _strong(share),
            f" of {readers} found it useful; {expected} was to be expected. The gap is sure",
            *(("ly at least ", _strong(gap)) if gap else (", though maybe small",)), f". {a_week}",
        )  # fmt: skip
    tail = f" of {readers}, {expected} expected; surely {f'{gap} or more ' if gap else ''}below. {a_week}"
    return _say(heading, " in ", _article(row), ": ", _strong(share), tail)


def _drop_target(row: Row) -> tuple[Part | str, ...]:
    match row["family"]:
        case "topic":
            return ("The topic ", _strong(row["group"]))
        case "section":
            return (_strong(row["heading"] or row["section_id"]), " in ", _article(row))
        case _:
            return (_article(row),)


def _is_missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _whole(article: Row) -> Sentence:
    votes = int(article["votes"])
    share, typical = numbers.percent(article["useful_share"], 0), numbers.percent(article["reference_share"], 0)
    of_votes = f" of {numbers.counted(votes, 'reader')} against {typical}."
    match article["verdict"]:
        case Verdict.TOO_FEW:
            useful = int(article["useful"])
            missing = numbers.counted(article["votes_needed"], "more vote")
            return _say(
                _strong(f"{numbers.counted(votes, 'vote')} so far: too few for a share."),
                f" {numbers.count(useful)} useful, {numbers.count(votes - useful)} not; {missing} for a share.",
            )
        case Verdict.BETTER:
            return _say("Readers find it more useful than a typical article: ", _strong(share), of_votes)
        case Verdict.WORSE:
            return _say("Readers find it less useful than a typical article: ", _strong(share), of_votes)
        case Verdict.CLOSE:
            return _say("Readers find it about as useful as a typical article: ", _strong(share), of_votes)
        case _:
            needed = numbers.more_votes(article["votes_needed"])
            more = f" A verdict needs {needed} if the share stays as it is."
            return _say("It can’t be told yet from a typical article: ", _strong(share), of_votes, more)


def _fallen_out(sections: pd.DataFrame) -> Sentence:
    worse = sections[sections["verdict"] == Verdict.WORSE]
    if worse.empty:
        return ()
    row = worse.sort_values(["difference", "section_id"], kind="stable").iloc[0]
    below = numbers.signed_points(-row["difference"]).lstrip("+")
    below = f"{below} below what article, kind and topic let expect."
    heading = _strong(row["heading"] or row["section_id"])
    if len(worse) == 1:
        return _say(" One section falls out: ", heading, f" is {below}")
    return _say(f" {numbers.counted(len(worse), 'section')} fall out, most of all ", heading, f": it is {below}")


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _strong(text: str) -> Part:
    return Part(text, is_strong=True)


def _article(row: Row | pd.Series) -> Part:
    return Part(row["title"] or row["article_id"], article_id=row["article_id"])


def _say(*parts: Part | str) -> Sentence:
    return tuple(Part(part) if isinstance(part, str) else part for part in parts)
