"""A small newsroom to ask questions of, and the pages that `feedback serve` mounts, on a free port.

Its titles, topics and ids hold what spreadsheets, HTML and SQL would take for their own.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedback_analytics.cli.web import Pages
from tests.support.house import House, utc_now
from tests.support.ingest import HttpAnswer, serving
from tests.support.newsroom import Story, publish, vote

STORIES = (
    Story("bridge", "=HYPERLINK(1)", "@Cities", 0.87, 412, 20, versions=(9,)),
    Story("rail/strike & <b>", "The <b>strike", "Cities'; drop table votes", 0.5, 90, 12, is_ai=True),
    Story("flu-jabs", "Flu jabs", "Health", 0.75, 8, 1),
    Story("coin", "-1 coin", "+Economy", 0.6, 40, 6),
)


@contextmanager
def asked_house(folder: Path, now: datetime | None = None) -> Iterator[House]:
    """The newsroom's votes, published and processed."""
    at = now or utc_now()
    with House(folder) as house:
        publish(house, STORIES, at)
        vote(house, STORIES, at)
        house.process_all()
        yield house


@dataclass(frozen=True)
class Site:
    """Where the pages are."""

    port: int

    def get(self, path: str, *, method: str = "GET", **headers: str) -> HttpAnswer:
        """One request; `if_none_match=...` becomes the header If-None-Match."""
        named: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers=dict(named))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return HttpAnswer(response.status, found, response.read())
        finally:
            connection.close()


@contextmanager
def site_of(house: House) -> Iterator[Site]:
    pages = Pages(house.settings, house.log)
    try:
        with serving(pages.build()) as port:
            yield Site(port)
    finally:
        pages.close()
