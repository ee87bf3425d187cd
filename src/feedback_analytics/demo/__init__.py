"""Demo: sample articles in the house format, a news site that shows them with the widget, readers who vote on it.

All of it is deterministic by seed, and made up.

>>> from datetime import UTC, datetime
>>> from itertools import islice
>>> anchor = datetime(2026, 11, 24, tzinfo=UTC)
>>> first = next(history(seed=7, days=30, anchor=anchor))
>>> b'"type":"feedback.article.published.v1"' in first
True
>>> [sending.kind.value for sending in islice(readers(7, lambda: anchor), 3)]
['vote', 'vote', 'vote']
"""

from feedback_analytics.demo.articles import Article, ArticleSection, announcements, articles
from feedback_analytics.demo.history import history
from feedback_analytics.demo.marker import DemoMarker, read_marker, write_marker
from feedback_analytics.demo.posting import Answers, Emitter
from feedback_analytics.demo.readers import Kind, Sending, readers
from feedback_analytics.demo.simulation import SimulationReport, simulate
from feedback_analytics.demo.site import build_site
from feedback_analytics.demo.truth import Target, true_shares

__all__ = [
    "Answers",
    "Article",
    "ArticleSection",
    "DemoMarker",
    "Emitter",
    "Kind",
    "Sending",
    "SimulationReport",
    "Target",
    "announcements",
    "articles",
    "build_site",
    "history",
    "read_marker",
    "readers",
    "simulate",
    "true_shares",
    "write_marker",
]
