"""The address of a page holds its whole state; read here, and written here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

PERIODS: dict[str, int | None] = {"7": 7, "28": 28, "90": 90, "all": None}
DEFAULT_PERIOD = "28"
TABLES = ("articles", "sections")


@dataclass(frozen=True)
class Address:
    """Where a reader of the pages is.

    path: decoded, without the query. article_id: of `/articles/ID`, else None. period: a key of PERIODS. shown_whole:
    the table that is shown with all its rows, or empty. problem: what the address asks for and is not possible.
    """

    path: str
    origin: str = ""
    article_id: str | None = None
    period: str = DEFAULT_PERIOD
    shown_whole: str = ""
    problem: str = ""

    @property
    def days(self) -> int | None:
        return PERIODS[self.period]

    def with_period(self, period: str) -> Address:
        return replace(self, period=period)

    def with_whole(self, table: str) -> Address:
        return replace(self, shown_whole=table)

    def of_overview(self) -> Address:
        return replace(self, path="/", article_id=None, shown_whole="", problem="")

    def of_article(self, article_id: str) -> Address:
        return replace(self, path=f"/articles/{article_id}", article_id=article_id, shown_whole="", problem="")

    def __str__(self) -> str:
        """Path and query, quoted; what is as by default is left out."""
        path = self.path if self.article_id is None else "/articles/" + quote(self.article_id, safe="")
        state = {"days": self.period, "show": self.shown_whole}
        default = {"days": DEFAULT_PERIOD, "show": ""}
        query = urlencode({name: value for name, value in state.items() if value != default[name]})
        return quote(path, safe="/%") + (f"?{query}" if query else "")


def read_address(href: str) -> Address:
    """The address in the browser's bar. What it asks for in vain is told in `problem`, and the default taken."""
    parts = urlsplit(href)
    query = parse_qs(parts.query)
    period, whole = query.get("days", [DEFAULT_PERIOD])[-1], query.get("show", [""])[-1]
    problems = []
    if period not in PERIODS:
        problems.append(
            f"“days={period[:40]}” is not a period here: 7, 28, 90 and all are. You see {DEFAULT_PERIOD} days."
        )
        period = DEFAULT_PERIOD
    if whole not in ("", *TABLES):
        problems.append(f"“show={whole[:40]}” is not a table here: articles and sections are.")
        whole = ""
    origin = f"{parts.scheme}://{parts.netloc}"
    path = parts.path or "/"
    article_id = unquote(path.removeprefix("/articles/")) if path.startswith("/articles/") else None
    return Address(unquote(path), origin, article_id or None, period, whole, " ".join(problems))
