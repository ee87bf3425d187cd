"""Questions about the records themselves: announcements, ledger, dead letters, freshness, events behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from feedback_analytics.analytics.catalog.question import LEAST_VOTES_OF_TARGETS, Column, Question, noting
from feedback_analytics.analytics.filters import AS_OF, COMMON, PERIOD, SECTIONS, SEGMENTS, TARGETS
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.scope import Scope

MOST_EVENTS = 100_000


def ledger(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """What came in per source and hour, and what became of it."""
    return scope.records("ledger")


def dead_letters(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """What could not be stored, by reason, with an example."""
    return scope.records("dead_letters")


def freshness(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """Up to when the store is complete."""
    known, told = scope.known, scope.batches()
    row = {
        "as_of": known.as_of,
        "newest_received_at": told["newest_received_at"],
        "first_vote_hour": known.first_vote_hour,
        "newest_vote_hour": known.newest_vote_hour,
        "records": told["records"],
        "positions": known.text,
    }
    return pd.DataFrame([row])


def events_behind(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """The events that make up a number: give it the filters of the number."""
    of_sections = {"articles": False, "sections": True}.get(values["of"])
    most = values["most"]
    events = scope.of_targets_with(values["min_votes"]).events(
        of_sections=of_sections, standing=values["standing"], vote=values["vote"], most=most + 1
    )
    cut = f"Cut off: these are the newest {most:,} events, and there are more. Set most, up to {MOST_EVENTS:,}."
    return noting(events.head(most), cut if len(events) > most else "")


def articles(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """The announced articles that fit the filters."""
    return _fitting(scope.announced("announced_articles"), scope)


def article_sections(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """The announced sections that fit the filters."""
    articles = _fitting(scope.announced("announced_articles"), scope)
    sections = scope.announced("announced_sections")
    return _fitting(sections[sections["article_id"].isin(articles["article_id"])], scope)


def article_versions(scope: Scope, values: Mapping[str, Any]) -> pd.DataFrame:
    """The announced versions of the articles that fit the filters, oldest first."""
    return scope.version_times().drop(columns="is_first").reset_index(drop=True)


def _fitting(table: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """The rows that the filters choose, by those of them that are columns of the table."""
    for name, value in scope.filters.of_targets.items():
        column = "ai_generated" if name == "ai" else name
        if value is not None and column in table:
            table = table[table[column] == value]
    return table.reset_index(drop=True)


_NO_VOTES = {"min_votes": "its rows are made of records of the log, and not of votes"}
_OUTCOMES = (
    Column("received", "count", "records taken from the log; received = stored + duplicate + dead + moved"),
    Column("stored", "count", "events stored: votes and announcements"),
    Column("duplicate", "count", "events seen before, kept once"),
    Column("dead", "count", "dead letters"),
    Column("moved", "count", "records sent on to their home partition"),
    Column("id_reused", "count", "stored events whose source and id were used before for another reader or target"),
)

_NO_COUNTS = {"min_votes": "its rows are made of announcements, and not of votes"}

QUESTIONS = (
    Question(
        "articles",
        "Which articles were announced, and what do their publishers say of them?",
        ("announced_articles",),
        (*TARGETS, *AS_OF),
        (
            Column("article_id", "id", "publisher's id of the article"),
            Column("article_version", "count", "newest version announced"),
            Column("title", "text", "title of that version"),
            Column("url", "text", "its address; empty when not told"),
            Column("topic", "text", "topic; empty when not told"),
            Column("author", "text", "author or desk; empty when not told"),
            Column("language", "text", "language tag; empty when not told"),
            Column("ai_generated", "yes or no", "the article carries the label AI Generated Content", True),
            Column("published_at", "time", "when that version was published; when announced, if that is not told"),
            Column("first_published_at", "time", "the same of the first announced version"),
            Column("versions", "count", "announced versions"),
        ),
        articles,
        refuses=_NO_COUNTS,
    ),
    Question(
        "article_sections",
        "Which sections do articles have, voted on or not?",
        ("announced_sections", "announced_articles"),
        (*TARGETS, *SECTIONS, *AS_OF),
        (
            Column("article_id", "id", "publisher's id of the article"),
            Column("section_id", "id", "publisher's id of the section"),
            Column("heading", "text", "heading, in the newest version that has the section"),
            Column("kind", "word", "kind of the section"),
            Column("position", "count", "place in the article, from 1", True),
            Column("words", "count", "length in words; empty when not told", True),
            Column("is_current", "yes or no", "the newest announced version has the section"),
        ),
        article_sections,
        refuses=_NO_COUNTS,
    ),
    Question(
        "article_versions",
        "When was each version of an article published?",
        ("version_times",),
        (*TARGETS, *AS_OF),
        (
            Column("article_id", "id", "publisher's id of the article"),
            Column("article_version", "count", "version, counted by the publisher"),
            Column("published_at", "time", "when it was published; when announced, if that is not told"),
        ),
        article_versions,
        refuses=_NO_COUNTS,
    ),
    Question(
        "ledger",
        "What came in per source and hour of receipt, and what became of it?",
        ("ledger",),
        (*PERIOD, *SEGMENTS[:1], *AS_OF),
        (
            Column("source", "text", "CloudEvents source; (unreadable) when the record does not tell"),
            Column("hour", "time", "hour of receipt"),
            *_OUTCOMES,
        ),
        ledger,
        by_receipt=True,
        refuses=_NO_VOTES,
    ),
    Question(
        "dead_letters",
        "What could not become a vote or an article, and why?",
        ("dead_letters",),
        (*PERIOD, *SEGMENTS[:1], *AS_OF),
        (
            Column("reason", "word", "why, as a word of a closed set"),
            Column("field", "text", "path of the field at fault; empty for the whole event"),
            Column("letters", "count", "dead letters"),
            Column("replayed", "count", "of those, sent again and stored or known since"),
            Column("first_at", "time", "when the log took the first"),
            Column("last_at", "time", "when the log took the last"),
            Column("source", "text", "CloudEvents source of the newest"),
            Column("expected", "text", "what the contract wants there"),
            Column("found", "text", "what stood there in the newest; never a reader's id"),
            Column("example_id", "id", "the newest dead letter: `feedback dead-letters show ID`"),
        ),
        dead_letters,
        by_receipt=True,
        refuses=_NO_VOTES,
    ),
    Question(
        "freshness",
        "Up to when is the store complete?",
        ("known_positions", "known_as_of", "vote_hours"),
        AS_OF,
        (
            Column("as_of", "time", "last transaction that counts"),
            Column("newest_received_at", "time", "when the log took the newest record that was processed"),
            Column("first_vote_hour", "time", "hour of the earliest answer"),
            Column("newest_vote_hour", "time", "hour of the latest answer"),
            Column("records", "count", "records of the log that were processed"),
            Column("positions", "text", "next offset of each partition; give it back as as_of"),
        ),
        freshness,
        refuses=_NO_VOTES,
    ),
    Question(
        "events_behind",
        "Which events make up a number?",
        ("events_behind",),
        (
            *COMMON,
            Parameter(
                "of",
                Kind.CHOICE,
                "Votes for articles as a whole, on sections, or both.",
                choices=("articles", "sections", "both"),
                default="both",
            ),
            Parameter("standing", Kind.YES_NO, "Only answers that stand and count; no: every event.", default=True),
            Parameter("vote", Kind.CHOICE, "Only this answer.", choices=("useful", "not_useful", "retracted")),
            Parameter("most", Kind.COUNT, "Most rows.", default=1_000, least=1, most=MOST_EVENTS),
            LEAST_VOTES_OF_TARGETS,
        ),
        (
            Column("occurred_at", "time", "when the reader answered"),
            Column("received_at", "time", "when the log took the event"),
            Column("source", "text", "CloudEvents source: the emitter"),
            Column("event_id", "id", "id of the event, unique within its source"),
            Column("article_id", "id", "publisher's id of the article"),
            Column("section_id", "id", "publisher's id of the section; empty for the article as a whole"),
            Column("article_version", "count", "version that the reader saw; empty when not told", True),
            Column("reader_key", "id", "pseudonym of the reader"),
            Column("vote", "word", "useful, not_useful or retracted"),
            Column("is_standing", "yes or no", "this is the reader's standing answer for the target"),
            Column("locale", "text", "locale of the reader's page"),
            Column("device", "text", "kind of device"),
            Column("referrer_host", "text", "host the reader came from"),
            Column("log_topic", "text", "topic that carried the event"),
            Column("log_partition", "count", "partition that carried it"),
            Column("log_offset", "count", "its offset there"),
        ),
        events_behind,
    ),
)
