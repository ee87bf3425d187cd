"""The address of a page holds its whole state; read here, and written here.

What an address may say are the parameters of the catalog's questions, by their own names and values, and those of its
page. What it asks for and is not possible is told in a sentence with what is allowed, and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from feedback_analytics.analytics import COMMON, Kind, Parameter
from feedback_analytics.errors import QueryError

PERIODS = ("7", "28", "90", "all")
"""Lengths of the period that are one click away; the address takes any number of days."""
DEFAULT_DAYS = "28"
SORTS = ("worst", "best", "votes", "title")
MOST_QUERY_CHARACTERS = 30_000
# Of an address; positions of 1,000 partitions have 20,000.

OF = Parameter("of", Kind.CHOICE, "What is listed.", choices=("articles", "sections", "topics", "authors"))
PAGE = Parameter("page", Kind.COUNT, "Which hundred rows.", least=1, most=1_000_000)
SORT = Parameter("sort", Kind.CHOICE, "First row.", choices=SORTS)
FIND = Parameter("find", Kind.TEXT, "Only rows whose title holds this text.")
MIN_VOTES = Parameter("min_votes", Kind.COUNT, "Only rows with at least so many votes.", least=1)
VERDICT = Parameter(
    "verdict", Kind.CHOICE, "Only rows with this verdict.", choices=("worse", "better", "unsure", "close", "too_few")
)
CELL = Parameter("cell", Kind.TEXT, "The section that is looked at: article_id#section_id.")
BY = Parameter(
    "by", Kind.CHOICE, "What groups of readers differ by.", choices=("device", "source", "locale", "referrer")
)
WINDOW = Parameter("window_days", Kind.COUNT, "Length of the window that is watched.", least=1, most=366)
BASE = Parameter("base_days", Kind.COUNT, "Length of the time before it.", least=1, most=3_660)
LEAST = Parameter("least_points", Kind.COUNT, "Only drops that are surely larger.", most=99)
VOTE = Parameter("vote", Kind.CHOICE, "Only this answer.", choices=("useful", "not_useful", "retracted"))
STANDING = Parameter("standing", Kind.YES_NO, "Only answers that stand and count; no: every event.")
TARGETS_OF = Parameter("of", Kind.CHOICE, "Votes on what.", choices=("articles", "sections", "both"))
MOST = Parameter("most", Kind.COUNT, "Most rows.", least=1, most=1_000)


@dataclass(frozen=True)
class PageAt:
    """A page: its path, its name, and the parameters of its own.

    in_menu: it stands among the pages at the top; takes: the common parameters that change what it shows.
    """

    path: str
    name: str
    own: tuple[Parameter, ...] = ()
    in_menu: bool = True
    takes: tuple[str, ...] = tuple(parameter.name for parameter in COMMON)


COMMON_NAMES = tuple(parameter.name for parameter in COMMON)
FILTERS = tuple(name for name in COMMON_NAMES if name not in ("since", "until", "days", "as_of"))
"""Filters: what chooses votes, apart from when."""

PAGES = (
    PageAt("/", "Overview"),
    PageAt("/articles", "Articles", (OF, SORT, FIND, VERDICT, MIN_VOTES, PAGE)),
    PageAt("/sections", "Sections", (CELL, MIN_VOTES, PAGE)),
    PageAt("/compare", "Compare", (BY, MIN_VOTES)),
    PageAt("/alerts", "Alerts", (WINDOW, BASE, LEAST), takes=("until", *FILTERS, "as_of")),
    PageAt("/health", "Data health", takes=("since", "until", "days", "source", "as_of")),
    PageAt("/events", "Events behind a number", (TARGETS_OF, VOTE, STANDING, MOST, MIN_VOTES), in_menu=False),
    PageAt("/help", "How to read these numbers", in_menu=False),
)
ARTICLE = PageAt(
    "/articles/",
    "Article",
    (BY,),
    in_menu=False,
    takes=("since", "until", "days", "source", "locale", "device", "referrer", "as_of"),
)


@dataclass(frozen=True)
class Address:
    """Where a reader of the pages is.

    path: decoded, without the query. article_id: of `/articles/ID`, else None. state: what is set, as text, by name,
    all of it possible. problem: what the address asks for and is not possible.
    """

    path: str
    origin: str = ""
    article_id: str | None = None
    state: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def page(self) -> PageAt | None:
        """None when there is no such page."""
        if self.article_id is not None:
            return ARTICLE
        return next((page for page in PAGES if page.path == self.path), None)

    def get(self, name: str, default: str = "") -> str:
        return self.state.get(name, default)

    @property
    def days(self) -> str:
        """Length of the period in days, or all; empty when the address names its first day."""
        return "" if "since" in self.state else self.get("days", DEFAULT_DAYS)

    @property
    def filters(self) -> dict[str, str]:
        return {name: self.state[name] for name in FILTERS if name in self.state}

    def with_(self, **changes: str | None) -> Address:
        """The same place with some of its state changed; None and empty are not set. Begins at the first rows."""
        state = {name: value for name, value in self.state.items() if name not in changes and name != "page"}
        state |= {name: value for name, value in changes.items() if value}
        return replace(self, state=state, problem="")

    def without(self, *names: str) -> Address:
        return self.with_(**dict.fromkeys(names))

    def with_days(self, days: str) -> Address:
        return self.with_(days=days, since=None, until=None)

    def to(self, path: str, **changes: str | None) -> Address:
        """Another page of the same period and filters."""
        kept = {name: value for name, value in self.state.items() if name in COMMON_NAMES}
        return replace(self, path=path, article_id=None, state=kept, problem="").with_(**changes)

    def of_article(self, article_id: str) -> Address:
        """The page of an article, of the same period and readers; what chooses articles falls away."""
        state = {name: value for name, value in self.state.items() if name in ARTICLE.takes}
        return replace(self, path=f"/articles/{article_id}", article_id=article_id, state=state, problem="")

    def __str__(self) -> str:
        """Path and query, quoted; what is as by default is left out."""
        path = self.path if self.article_id is None else "/articles/" + quote(self.article_id, safe="")
        told = [(name, value) for name, value in self.state.items() if (name, value) != ("days", DEFAULT_DAYS)]
        query = urlencode(told)
        return quote(path, safe="/%") + (f"?{query}" if query else "")


def read_address(href: str, zone: ZoneInfo) -> Address:
    """The address in the browser's bar. What it asks for in vain is told in `problem`, and left out."""
    parts = urlsplit(href)
    path = parts.path or "/"
    # A section may have its own page at the article's path: what follows the id is part of it.
    article_id = unquote(path.removeprefix("/articles/")) if path.startswith("/articles/") else None
    plain = unquote(path)
    if len(plain) > 1:
        plain = plain.rstrip("/")
    address = Address(plain, f"{parts.scheme}://{parts.netloc}", article_id or None)
    known = (*COMMON, *(address.page.own if address.page else ()))
    state, problems = _state(parts.query, known, zone)
    return replace(address, state=state, problem=" ".join(problems))


def _state(query: str, known: Sequence[Parameter], zone: ZoneInfo) -> tuple[dict[str, str], list[str]]:
    if len(query) > MOST_QUERY_CHARACTERS:
        return {}, [f"The address has {len(query):,} characters after “?”; at most {MOST_QUERY_CHARACTERS:,} are read."]
    parameters = {parameter.name: parameter for parameter in known}
    state: dict[str, str] = {}
    values: dict[str, Any] = {}
    problems = []
    for name, value in parse_qsl(query):
        if name not in parameters:
            problems.append(f"“{name[:40]}” means nothing on this page. It takes {', '.join(parameters)}.")
            continue
        try:
            values[name] = parameters[name].read(value, zone)
            state[name] = value
        except QueryError as error:
            problems.append(f"{_sentence(str(error))} It is left out.")
    if {"since", "until"} <= state.keys() and values["since"] >= values["until"]:
        problems.append(f"until = {state['until']} does not come after since = {state['since']}. Both are left out.")
        del state["since"], state["until"]
    return state, problems


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."
