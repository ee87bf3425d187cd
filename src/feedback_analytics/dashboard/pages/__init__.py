"""Pages: from a visit to a page. `open_page` chooses which."""

from __future__ import annotations

from feedback_analytics.dashboard.pages.article import article
from feedback_analytics.dashboard.pages.frame import Page, has_votes, note_failure
from feedback_analytics.dashboard.pages.overview import overview
from feedback_analytics.dashboard.pages.states import broken, no_votes_yet, store_gone, unknown
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError

__all__ = ["Page", "broken", "note_failure", "open_page"]


def open_page(visit: Visit) -> Page:
    """The page that the address asks for, all of it from one snapshot of the store.

    Never raises FeedbackError: what cannot be answered becomes a card, or a page, that says so.
    """
    try:
        with visit.answers.on_one_snapshot():
            return _open(visit)
    except FeedbackError as error:
        return store_gone(visit, error)


def _open(visit: Visit) -> Page:
    fresh = visit.answers.freshness().to_dict("records")[0]
    article_id = visit.address.article_id
    if article_id is not None:
        known = visit.answers.article(article_id).to_dict("records")
        if known and has_votes(fresh):
            return article(visit, fresh, known[0])
        return unknown(
            visit, fresh, "No such article", f"No article with the id “{article_id}” has been announced or voted on."
        )
    if visit.address.path != "/":
        return unknown(visit, fresh, "No such page", f"There is no page at {visit.address.path}.")
    return overview(visit, fresh) if has_votes(fresh) else no_votes_yet(visit, fresh)
