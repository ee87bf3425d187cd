"""The sample news site: a front page, and a page for each article with the widget as any publisher would embed it.

The pages run under a strict content security policy: no inline script, no inline style.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from html import escape
from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from feedback_analytics.demo.articles import Article, ArticleSection, articles

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff", "cache-control": "no-cache"}
_MORE = 5


def build_site(
    anchor: datetime, *, base: str = "/demo", widget_url: str = "/widget.js", dashboard_url: str = "/"
) -> Router:
    """An ASGI app with the routes `/`, `/articles/ID` and `/site.css`, to be mounted at base.

    anchor is the aware moment from which the articles' ages are counted back.
    """
    site = _Site(anchor, base, widget_url, dashboard_url)
    return Router(
        [
            Route("/", site.front_page),
            Route("/articles/{article_id}", site.article_page),
            Route("/site.css", site.stylesheet),
        ]
    )


class _Site:
    """Pages are written once, at the start: their number is small and they never change."""

    def __init__(self, anchor: datetime, base: str, widget_url: str, dashboard_url: str) -> None:
        page = partial(_fill, "page.html", base=base, dashboard=dashboard_url)
        script = f'<script async src="{escape(widget_url)}"></script>'
        self._front = page(
            title="The Harbour Courier",
            description="A sample news site",
            script="",
            says=escape(dashboard_url),
            main=_fill(
                "front.html",
                dashboard=escape(dashboard_url),
                teasers="".join(_teaser(article, anchor, base) for article in articles()),
            ),
        )
        self._pages = {
            article.id: page(
                title=f"{escape(article.title)} · The Harbour Courier",
                description=escape(article.dek),
                script=script,
                says=escape(f"{dashboard_url}articles/{article.id}"),
                main=_story(article, anchor, base),
            )
            for article in articles()
        }
        self._missing = page(
            title="No such article · The Harbour Courier",
            description="No such article",
            script="",
            says=escape(dashboard_url),
            main=_fill("missing.html", base=base),
        )
        self._css = _read("site.css")

    async def front_page(self, request: Request) -> Response:
        return Response(self._front, headers=_HEADERS, media_type="text/html")

    async def article_page(self, request: Request) -> Response:
        page = self._pages.get(request.path_params["article_id"])
        if page is None:
            return Response(self._missing, 404, headers=_HEADERS, media_type="text/html")
        return Response(page, headers=_HEADERS, media_type="text/html")

    async def stylesheet(self, request: Request) -> Response:
        return Response(self._css, headers=_HEADERS, media_type="text/css")


def _teaser(article: Article, anchor: datetime, base: str) -> str:
    label = ' <span class="label">AI Generated Content</span>' if article.ai_generated else ""
    return _fill("teaser.html", base=base, label=label, **_head(article, anchor))


def _story(article: Article, anchor: datetime, base: str) -> str:
    revised_at = article.revised_at(anchor)
    listed = articles()
    place = listed.index(article)
    others = (listed[place + 1 :] + listed[:place])[:_MORE]
    return _fill(
        "article.html",
        version=article.version,
        ai=" data-feedback-ai" if article.ai_generated else "",
        desk=escape(article.desk),
        revised=f" · Revised {_date(revised_at)}" if revised_at else "",
        sections="".join(_section(section) for section in article.sections),
        more="\n".join(f'<li><a href="{base}/articles/{other.id}">{escape(other.title)}</a></li>' for other in others),
        **_head(article, anchor),
    )


def _section(section: ArticleSection) -> str:
    paragraphs = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in section.paragraphs)
    return _fill("section.html", id=section.id, heading=escape(section.heading), paragraphs=paragraphs)


def _head(article: Article, anchor: datetime) -> dict[str, str]:
    published_at = article.published_at(anchor)
    return {
        "id": article.id,
        "title": escape(article.title),
        "dek": escape(article.dek),
        "topic": escape(article.topic),
        "day": published_at.date().isoformat(),
        "date": _date(published_at),
        "short_date": f"{published_at.day} {published_at:%b}",
    }


def _date(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _fill(name: str, **values: object) -> str:
    return Template(_read(name)).substitute(values)


def _read(name: str) -> str:
    return files(__package__).joinpath("pages", name).read_text(encoding="utf-8")
