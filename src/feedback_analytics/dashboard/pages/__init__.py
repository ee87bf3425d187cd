"""Pages: from a visit to a page. `open_page` chooses which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from feedback_analytics.dashboard.pages.alerts import alerts
from feedback_analytics.dashboard.pages.article import article, known_article
from feedback_analytics.dashboard.pages.articles import articles
from feedback_analytics.dashboard.pages.compare import compare
from feedback_analytics.dashboard.pages.events import events
from feedback_analytics.dashboard.pages.frame import BANNERS, SLOW, Page, has_votes, note_failure
from feedback_analytics.dashboard.pages.guide import guide
from feedback_analytics.dashboard.pages.health import health
from feedback_analytics.dashboard.pages.overview import overview
from feedback_analytics.dashboard.pages.sections import sections
from feedback_analytics.dashboard.pages.states import broken, no_votes_yet, store_gone, unknown
from feedback_analytics.dashboard.parts import records
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError, QueryError

__all__ = ["BANNERS", "SLOW", "Page", "broken", "note_failure", "open_page", "store_gone"]

Row = Mapping[str, Any]
_PAGES: dict[str, Callable[[Visit, Row], Page]] = {
    "/": overview,
    "/articles": articles,
    "/sections": sections,
    "/compare": compare,
    "/alerts": alerts,
    "/health": health,
    "/events": events,
    "/help": guide,
}
_WITHOUT_VOTES = ("/health", "/help")
"""Pages that say something while there are no votes yet."""


def open_page(visit: Visit) -> Page:
    """The page that the address asks for, all of it from one state of the store.

    Never raises FeedbackError: what cannot be answered becomes a card, or a page, that says so.
    """
    try:
        return _open(visit)
    except FeedbackError as error:
        return store_gone(visit, error)


def _open(visit: Visit) -> Page:
    visit, fresh = _freshness(visit)
    address = visit.address
    if address.page is None:
        return unknown(visit, fresh, "No such page", f"There is no page at {address.path}.")
    if not has_votes(fresh) and "as_of" not in address.state and address.path not in _WITHOUT_VOTES:
        return no_votes_yet(visit, fresh)
    if address.article_id is None:
        return _PAGES[address.path](visit, fresh)
    known = known_article(visit, address.article_id)
    if known is None:
        what = f"No article with the id “{address.article_id}” has been announced or voted on."
        return unknown(visit, fresh, "No such article", what)
    return article(visit, fresh, known)


def _freshness(visit: Visit) -> tuple[Visit, Row]:
    """How far the store has come, as of the address; an as-of that is not possible is told, and left out."""
    as_of = visit.address.state.get("as_of")
    if as_of is None:
        return visit, records(visit.look.ask("freshness"))[0]
    try:
        return visit, records(visit.look.ask("freshness", as_of=as_of))[0]
    except QueryError as error:
        problem = f"{visit.address.problem} {error} It is left out.".strip()
        visit = replace(visit, address=replace(visit.address.without("as_of"), problem=problem))
        return visit, records(visit.look.ask("freshness"))[0]
