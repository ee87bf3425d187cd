"""A plain reference of the questions: what they must count, worked out the slow and obvious way from the events sent.

Dictionaries and loops over all events; no SQL, no deltas. Only counts: a statistic is the pure function of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from feedback_analytics.contract import event_hash, section_kind
from tests.support.model import Model, ModelVote, Target

Counts = tuple[int, int]
"""(votes, useful)."""

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cast(ModelVote):
    """One vote event of a history, with what its segment tells."""

    locale: str | None = None
    device: str | None = None
    referrer: str | None = None

    def tells(self, dimension: str) -> str | None:
        told: str | None = getattr(self, dimension)
        return told


@dataclass(frozen=True)
class Edition:
    """One announcement of a version of an article. sections: (id, heading, words)."""

    event_id: str
    article_id: str
    version: int
    title: str
    announced_at: datetime
    published_at: datetime | None = None
    topic: str | None = None
    author: str | None = None
    is_ai: bool = False
    language: str | None = None
    sections: tuple[tuple[str, str, int], ...] = ()

    @property
    def rank(self) -> tuple[datetime, int]:
        return (self.announced_at, event_hash("https://news.example/cms", self.event_id))

    @property
    def told_at(self) -> datetime:
        return self.published_at or self.announced_at


@dataclass
class Reference(Model):
    """The events received so far, and what the questions must say of them."""

    editions: list[Edition] = field(default_factory=list)
    meetings: list[tuple[Cast, str | None]] = field(default_factory=list)
    """Every stored vote with the answer that it superseded, if it did; in the order of arrival."""

    def receive(self, vote: ModelVote) -> None:
        is_new = (vote.reader, vote.target, vote.rank[1]) not in self.first_seen
        old = self._standing_of(vote)
        super().receive(vote)
        if is_new and isinstance(vote, Cast):
            is_superseding = old is not None and vote.rank > old.rank and old.vote != "retracted"
            self.meetings.append((vote, old.vote if old is not None and is_superseding else None))

    def _standing_of(self, vote: ModelVote) -> ModelVote | None:
        same = [one for (reader, to, _), one in self.first_seen.items() if (reader, to) == (vote.reader, vote.target)]
        return max(same, key=lambda one: one.rank, default=None)

    # What is known of articles

    def standing_editions(self, article_id: str) -> list[Edition]:
        """Of each version the announcement that stands, oldest version first."""
        best: dict[int, Edition] = {}
        for edition in self.editions:
            old = best.get(edition.version)
            if edition.article_id == article_id and (old is None or edition.rank > old.rank):
                best[edition.version] = edition
        return [best[version] for version in sorted(best)]

    def newest_edition(self, article_id: str) -> Edition | None:
        return next(reversed(self.standing_editions(article_id)), None)

    def section(self, article_id: str, section_id: str) -> tuple[str, str, int | None]:
        """(heading, kind, position) as the newest version that has the section says."""
        for edition in reversed(self.standing_editions(article_id)):
            for place, (name, heading, _) in enumerate(edition.sections, start=1):
                if name == section_id:
                    return heading, section_kind(heading), place
        return section_id, "other", None

    def fits(self, target: Target, filters: dict[str, Any]) -> bool:
        """Whether the filters of targets choose it."""
        article_id, section_id = target
        edition = self.newest_edition(article_id)
        told: dict[str, Any] = {"article_id": article_id, "section_id": section_id}
        if edition is not None:
            told |= {"topic": edition.topic, "author": edition.author, "language": edition.language}
            told |= {"ai": edition.is_ai}
        if section_id is not None:
            told["kind"] = self.section(article_id, section_id)[1]
        names = ("article_id", "section_id", "topic", "author", "language", "ai", "kind")
        return all(told.get(name) == filters[name] for name in names if filters.get(name) is not None)

    # What is counted

    def chosen(self, filters: dict[str, Any], since: datetime = EARLIEST, until: datetime = LATEST) -> Iterator[Cast]:
        """The standing answers, retractions apart, in the period and of the filters."""
        for vote in self.standing().values():
            is_counted = vote.vote != "retracted" and since <= vote.occurred_at < until
            if is_counted and isinstance(vote, Cast) and self._chooses(vote, filters):
                yield vote

    def _chooses(self, vote: Cast, filters: dict[str, Any]) -> bool:
        return self.fits(vote.target, filters) and _is_of_segment(vote, filters)

    def targets(
        self, filters: dict[str, Any], since: datetime = EARLIEST, until: datetime = LATEST
    ) -> dict[Target, Counts]:
        return sums(self.chosen(filters, since, until), lambda vote: vote.target)

    def versions(self, article_id: str, since: datetime = EARLIEST, until: datetime = LATEST) -> dict[Any, Counts]:
        """(votes, useful) by section and version; of versions that were answered for also where none stands."""
        found: dict[Any, Counts] = {}
        for cast in self.first_seen.values():
            if cast.article_id == article_id and cast.version is not None and since <= cast.occurred_at < until:
                found[(cast.section_id, cast.version)] = (0, 0)
        standing = self.chosen({"article_id": article_id}, since, until)
        by_version = sums(standing, lambda vote: (vote.section_id, vote.version))
        return found | {key: counts for key, counts in by_version.items() if key[1] is not None}

    def pairs(self, article_id: str, since: datetime = EARLIEST, until: datetime = LATEST) -> dict[Any, list[int]]:
        """[both, only before, only after, neither] by section, version and the version that each reader saw before."""
        last: dict[Any, ModelVote] = {}
        for cast in self.first_seen.values():
            key = (cast.reader, cast.section_id, cast.version)
            if cast.article_id == article_id and cast.version is not None and since <= cast.occurred_at < until:
                last[key] = max(last.get(key, cast), cast, key=lambda one: one.rank)
        told = {key: cast.vote for key, cast in last.items() if cast.vote != "retracted"}
        found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for (reader, section, version), after in told.items():
            earlier = [v for r, s, v in told if (r, s) == (reader, section) and v < version]
            if earlier:
                before = told[(reader, section, max(earlier))]
                place = (after == "not_useful") + 2 * (before == "not_useful")
                found[(section, version, max(earlier))][place] += 1
        return dict(found)

    def changes(
        self, filters: dict[str, Any], since: datetime = EARLIEST, until: datetime = LATEST
    ) -> dict[Target, dict[str, int]]:
        """Answers by target, and what they did to earlier ones."""
        found: dict[Target, dict[str, int]] = {}
        for cast, old in self.meetings:
            if not (since <= cast.occurred_at < until and self._chooses(cast, filters)):
                continue
            row = found.setdefault(
                cast.target, dict.fromkeys(("answers", "to_useful", "to_not_useful", "taken_back", "repeated"), 0)
            )
            row["answers"] += 1
            row["to_useful"] += (cast.vote, old) == ("useful", "not_useful")
            row["to_not_useful"] += (cast.vote, old) == ("not_useful", "useful")
            row["taken_back"] += cast.vote == "retracted" and old is not None
            row["repeated"] += cast.vote == old
        return found


def sums(votes: Iterable[Cast], key: Callable[[Cast], Any]) -> dict[Any, Counts]:
    """(votes, useful) by key."""
    found: dict[Any, Counts] = {}
    for vote in votes:
        n, x = found.get(key(vote), (0, 0))
        found[key(vote)] = (n + 1, x + (vote.vote == "useful"))
    return found


def added(counts: Iterable[Counts]) -> Counts:
    rows = list(counts)
    return sum(n for n, _ in rows), sum(x for _, x in rows)


def _is_of_segment(vote: Cast, filters: dict[str, Any]) -> bool:
    names = ("source", "locale", "device", "referrer")
    return all(vote.tells(name) == filters[name] for name in names if filters.get(name) is not None)
