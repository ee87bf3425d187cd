"""Makes a report: the questions that it asks, all from the same positions, and the sentences they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from feedback_analytics.analytics import OUTCOMES, Lake, balances, numbers, sentences, step_around, sums_of_ledger

PeriodName = Literal["day", "week", "month"]
MOST_NAMED = 5
"""Articles, sections and topics that a list of a report names; how many more there are is said."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A key figure: what it is, its number, and what belongs to it (n, interval, change)."""

    name: str
    number: str
    told: tuple[sentences.Sentence, ...]


@dataclass(frozen=True)
class Item:
    """A sentence of a list; with a share, as it has an interval (each from 0 to 1) and what it is compared with."""

    says: sentences.Sentence
    share: float | None = None
    low: float | None = None
    high: float | None = None
    line: float | None = None


@dataclass(frozen=True)
class Chapter:
    """A part of a report: its title, what it says when there is nothing, its items, and from what it was made."""

    title: str
    items: tuple[Item, ...]
    empty: str
    foot: str


@dataclass(frozen=True)
class Report:
    """What is told to people: of a finished period, or of drops (alerting.py).

    positions: with them as as_of the same is made again, to the digit; again: the command that does.
    """

    title: str
    span: str
    since: datetime
    until: datetime
    zone: ZoneInfo
    as_of: datetime | None
    positions: str
    again: str
    figures: tuple[Figure, ...]
    chapters: tuple[Chapter, ...]


def finished_period(name: PeriodName, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[since, until) of the newest day, week (from Monday) or calendar month of the zone that is over."""
    running, _ = _period_around(name, now, zone)
    return _period_around(name, running - timedelta(microseconds=1), zone)


def period_of(name: PeriodName, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[since, until) of the day, week or month that holds a day of the zone."""
    return _period_around(name, datetime.combine(day, time(12), zone), zone)


def _period_around(name: PeriodName, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    found = step_around(at, name, zone)
    return found.since.astimezone(zone), found.until.astimezone(zone)


def make_report(lake: Lake, name: PeriodName, period: tuple[datetime, datetime], *, as_of: str | None = None) -> Report:
    """The report of a period, as the store knows it now or knew it at as_of (a time, or positions of a report).

    Raises QueryError for an as_of that is not possible.
    """
    since, until = period
    fresh = lake.ask("freshness", **({"as_of": as_of} if as_of else {}))
    at = {"as_of": fresh.attrs["positions"]}
    zone = lake.zone
    days = (until.astimezone(zone).date() - since.astimezone(zone).date()).days

    def ask(question: str, **parameters: Any) -> pd.DataFrame:
        return lake.ask(question, since=since, until=until, **at, **parameters)

    def watch(question: str) -> pd.DataFrame:
        return lake.ask(question, until=until, window_days=days, **at)

    overview, sections = ask("overview", with_readers=False), ask("section_map")
    falls, rises = watch("drops"), watch("rises")
    ledger, letters = ask("ledger"), ask("dead_letters")
    before = f"{numbers.counted(days, 'day')} before"
    chapters = (
        _fix_first(sections),
        moved("What fell", falls, sentences.drop),
        moved("What rose", rises, sentences.rise),
        _quality(ledger, letters, fresh, zone),
    )
    again = (
        f"feedback report --period {name} --of {since.astimezone(zone):%Y-%m-%d} --as-of '{fresh.attrs['positions']}'"
    )
    return Report(
        _title(name, since.astimezone(zone)),
        span_text(since, until, zone),
        since,
        until,
        zone,
        fresh.attrs["as_of"],
        fresh.attrs["positions"],
        again,
        tuple(_figure(row, before) for row in _records(overview)),
        chapters,
    )


def _title(name: PeriodName, first: datetime) -> str:
    """`Reader feedback, week of 16 Nov 2026`, by the newsroom's calendar."""
    if name == "month":
        return f"Reader feedback, {first:%B %Y}"
    return f"Reader feedback, {'week of ' if name == 'week' else ''}{numbers.day(first)}"


def span_text(since: datetime, until: datetime, zone: ZoneInfo) -> str:
    """`Mon 16 Nov 2026 to Sun 22 Nov 2026, 7 days in UTC`."""
    first, behind = since.astimezone(zone), until.astimezone(zone)
    last = behind - timedelta(days=1)
    days = numbers.counted((behind.date() - first.date()).days, "day")
    to = "" if first.date() == last.date() else f" to {numbers.weekday(last)}"
    return f"{numbers.weekday(first)}{to}, {days} in {zone.key}"


def _figure(row: Row, before: str) -> Figure:
    noun = row["target"]
    told: tuple[sentences.Sentence, ...]
    n = f"{numbers.counted(row['votes'], 'vote')} on {numbers.counted(row['targets'], noun)}"
    if pd.isna(row["useful_share"]):
        share, told = "no share yet", (_plain(f"{n}: too few for a share"),)
    else:
        share = numbers.percent(row["useful_share"])
        span = numbers.percent_range(row["useful_share_low"], row["useful_share_high"])
        told = (_plain(f"{span}, {n}"), sentences.change(row, f"the {before}"))
    return Figure(f"{noun.capitalize()}s found useful", share, told)


def _fix_first(sections: pd.DataFrame) -> Chapter:
    items = [
        Item(says, row["useful_share"], row["useful_share_low"], row["useful_share_high"], row["expected_share"])
        for says, row in sentences.fix_first(sections, MOST_NAMED)
    ]
    foot = (
        f"{numbers.counted(sections['votes'].sum(), 'section vote')}; bars are 95 % intervals for one look, the line "
        "is what article, kind and topic let expect; the verdict holds however often one looks"
    )
    return Chapter("What to fix first", tuple(items), sentences.plain(sentences.nothing_to_fix(sections)), foot)


def moved(
    title: str, answer: pd.DataFrame, say: Callable[[Row], sentences.Sentence], most: int = MOST_NAMED
) -> Chapter:
    """What fell (rows of `drops`) or rose (of `rises`), each a sentence; of more than `most` how many more."""
    items = [Item(say(row), row["useful_share"], line=row["useful_share_before"]) for row in _records(answer)]
    more = len(items) - most
    if more > 0:
        items = [*items[:most], Item(_plain(f"And {numbers.count(more)} more."))]
    told = answer.attrs["parameters"]
    watched = f"of {numbers.count(answer['targets_watched'].iloc[0])} watched together; " if len(answer) else ""
    foot = (
        f"{watched}against the {numbers.counted(told['base_days'], 'day')} before, by more than "
        f"{told['least_points']} points for sure; at most 5 % of what is told is expected to be false"
    )
    return Chapter(title, tuple(items), " ".join(answer.attrs["notes"]), foot)


def _quality(ledger: pd.DataFrame, letters: pd.DataFrame, fresh: pd.DataFrame, zone: ZoneInfo) -> Chapter:
    sums = sums_of_ledger(ledger)
    parts = " + ".join(f"{sums[name]:,} {name}" for name in OUTCOMES)
    verdict = "The ledger balances" if balances(sums) else "The ledger does not balance: ask whoever runs the service"
    received = f"{verdict}: {sums['received']:,} events received = {parts}."
    items = [Item(_plain(received if sums["received"] else "No events were received in these days."))]
    for row in _records(letters.head(MOST_NAMED)):
        reason = row["reason"].replace("_", " ")
        count = numbers.counted(row["letters"], "event")
        items.append(Item(_plain(f"{count} could not be read ({reason}, {row['field'] or 'the whole event'}).")))
    newest = fresh["newest_received_at"].iloc[0]
    if not pd.isna(newest):
        items.append(Item(_plain(f"The newest event counted came at {numbers.moment(newest, zone)}.")))
    return Chapter("Data quality", tuple(items), "", "events by time of receipt; each is counted exactly once")


def _plain(text: str) -> sentences.Sentence:
    return (sentences.Part(text),)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_dict("records")
    return rows
