"""The sample news site: every article has its page, with the widget, under a strict policy."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from feedback_analytics.demo import articles, build_site

ANCHOR = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def site() -> httpx.AsyncClient:
    app = Starlette(routes=[Mount("/demo", build_site(ANCHOR))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://courier.test")


async def test_the_front_page_links_every_article(site: httpx.AsyncClient) -> None:
    page = (await site.get("/demo/")).text
    for article in articles():
        assert f'href="/demo/articles/{article.id}"' in page
    assert page.count('<span class="label">AI Generated Content</span>') == sum(a.ai_generated for a in articles())


async def test_every_article_page_marks_the_article_its_version_and_its_sections_for_the_widget(
    site: httpx.AsyncClient,
) -> None:
    for article in articles():
        answer = await site.get(f"/demo/articles/{article.id}")
        assert answer.status_code == 200
        assert f'data-feedback-article="{article.id}" data-feedback-version="{article.version}"' in answer.text
        assert (" data-feedback-ai>" in answer.text) == article.ai_generated
        assert re.findall(r'data-feedback-section="(\w+)"', answer.text) == [section.id for section in article.sections]
        assert '<script async src="/widget.js"></script>' in answer.text


async def test_every_page_leads_to_what_its_readers_say(site: httpx.AsyncClient) -> None:
    assert '<a class="aside" href="/">What readers say</a>' in (await site.get("/demo/")).text
    article = (await site.get("/demo/articles/moss-clock")).text
    assert '<a class="aside" href="/articles/moss-clock">What readers say</a>' in article


async def test_pages_forbid_inline_script_and_style_and_use_none(site: httpx.AsyncClient) -> None:
    for path in ("/demo/", f"/demo/articles/{articles()[0].id}"):
        answer = await site.get(path)
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", answer.text)


async def test_an_article_that_does_not_exist_is_not_found(site: httpx.AsyncClient) -> None:
    answer = await site.get("/demo/articles/no-such-article")
    assert answer.status_code == 404
    assert "There is no such article" in answer.text


async def test_dates_are_counted_back_from_the_anchor(site: httpx.AsyncClient) -> None:
    page = (await site.get("/demo/articles/harbour-tunnel")).text
    assert '<time datetime="2026-10-27">27 October 2026</time>' in page
    assert "Revised 11 November 2026" in page
