"""What the numbers say, in words: built here from the rows of a question, for pages, reports and mails alike.

A sentence is a tuple of parts, so that a page can set some in bold and link an article, and a mail can write it plain.
Titles and headings in them are text from outside: who draws them escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from feedback_analytics.analytics import numbers
from feedback_analytics.analytics.periods import Period
from feedback_analytics.analytics.verdicts import MIN_VOTES, Verdict

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
    """What to rewrite first: a sentence and its row for each section that is surely worse than its reference.

    Takes rows of `Answers.sections`. In the order of sure gap × votes, at most `most` of them; empty when none is
    surely worse.
    """
    worse = sections[sections["verdict"] == Verdict.WORSE]
    weight = (worse["reference_share"] - worse["running_high"]) * worse["votes"]
    rows = worse.loc[weight.sort_values(ascending=False, kind="stable").index[:most]].to_dict("records")
    return [(_fix(row, is_first=place == 0), row) for place, row in enumerate(rows)]


def nothing_to_fix(sections: pd.DataFrame) -> Sentence:
    """Why there is nothing to rewrite: none is surely worse, or there are too few votes to say."""
    open_rows = sections[sections["verdict"].isin([Verdict.UNSURE, Verdict.TOO_FEW])]
    if open_rows.empty:
        return _say("No section is surely below what to expect.")
    nearest = open_rows.sort_values(["votes_needed", "votes"], ascending=[True, False], kind="stable").iloc[0]
    target = (_strong(nearest["heading"]), " in ", _article(nearest))
    if (sections["verdict"] == Verdict.TOO_FEW).all():
        so_far = numbers.counted(sections["votes"].sum(), "section vote")
        needed = f"{numbers.more_votes(nearest['votes_needed'])} on "
        return _say(f"{so_far} so far. The first share needs ", needed, *target, "; until then nothing here is ranked.")
    needed = numbers.more_votes(nearest["votes_needed"])
    return _say("No section is surely below what to expect. The nearest to a verdict is ", *target, f": {needed}.")


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


def over_time(period: Period, total: Row) -> Sentence:
    """The share of the whole period, as the line by the chart of its steps."""
    if total["votes"] < MIN_VOTES:
        return _say(f"{numbers.counted(total['votes'], 'vote')} in the period: too few for a share.")
    share = numbers.percent(total["useful_share"])
    span = numbers.percent_range(total["useful_share_low"], total["useful_share_high"])
    days = numbers.counted(period.days, "day")
    return _say(_strong(share), f" of {numbers.counted(total['votes'], 'vote')} in these {days} say useful ({span}).")


def article_lead(article: Row, sections: pd.DataFrame) -> Sentence:
    """What readers make of one article, and the section that falls out. Rows of `Answers.articles` and `.sections`."""
    return (*_whole(article), *_fallen_out(sections))


def no_votes_yet(period: Period) -> Sentence:
    """For an article without votes for the whole of it in the period."""
    days = numbers.counted(period.days, "day")
    return _say(_strong("No votes for the article as a whole"), f" in these {days}; its sections may have some.")


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


def stale(as_of: datetime | None, waiting_seconds: float, waiting_records: int) -> Sentence:
    """Why a page is behind, how many events wait, and that none is lost."""
    wait = "waits" if waiting_records == 1 else "wait"
    seen = f"; what you see was right at {numbers.clock(as_of)}" if as_of else ""
    return _say(
        _strong(f"These numbers are {numbers.age(waiting_seconds)} old."),
        f" {numbers.counted(waiting_records, 'event')} {wait} safely in the log and will be counted when the worker "
        f"comes to them{seen}.",
    )


def _fix(row: Row, *, is_first: bool) -> Sentence:
    share, expected = numbers.percent(row["useful_share"], 0), numbers.percent(row["reference_share"], 0)
    gap = numbers.at_least_points(row["reference_share"] - row["running_high"])
    readers = numbers.counted(row["votes"], "reader")
    if is_first:
        return _say(
            "Rewrite ", _strong(row["heading"]), " in ", _article(row), ". ", _strong(share),
            f" of {readers} found it useful; {expected} was to be expected. The gap is surely at least ",
            _strong(gap), ".",
        )  # fmt: skip
    tail = f" of {readers}, {expected} expected; surely {gap} or more below."
    return _say(_strong(row["heading"]), " in ", _article(row), ": ", _strong(share), tail)


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
    gap = worse["useful_share"] - worse["reference_share"]
    row = worse.loc[gap.sort_values(kind="stable").index[0]]
    below = numbers.signed_points(row["reference_share"] - row["useful_share"]).lstrip("+")
    below = f"{below} below a typical section of its kind."
    if len(worse) == 1:
        return _say(" One section falls out: ", _strong(row["heading"]), f" is {below}")
    return _say(
        f" {numbers.counted(len(worse), 'section')} fall out, most of all ", _strong(row["heading"]), f": it is {below}"
    )


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _strong(text: str) -> Part:
    return Part(text, is_strong=True)


def _article(row: Row | pd.Series) -> Part:
    return Part(row["title"], article_id=row["article_id"])


def _say(*parts: Part | str) -> Sentence:
    return tuple(Part(part) if isinstance(part, str) else part for part in parts)
