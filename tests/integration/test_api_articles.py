"""Articles over HTTP: what is known of one, and its badge, which says a share only when it is known well enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

import feedback_analytics
from tests.support.asked import Site, asked_house, site_of
from tests.support.house import House

STRANGE_ID = quote("rail/strike & <b>", safe="")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with asked_house(tmp_path_factory.mktemp("api") / "data") as house:
        yield house


@pytest.fixture(scope="module")
def site(house: House) -> Iterator[Site]:
    with site_of(house) as site:
        yield site


def test_an_article_comes_with_facts_counts_sections_and_versions(site: Site, house: House) -> None:
    article = site.get("/v1/articles/bridge").json
    assert (article["article_id"], article["title"], article["article_version"]) == ("bridge", "=HYPERLINK(1)", 2)
    with feedback_analytics.connect(house.folder) as lake:
        ranking = lake.ask("ranking", days="all").set_index("article_id").loc["bridge"]
    for name in ("votes", "useful", "useful_share", "running_low", "running_high", "reference_share", "verdict"):
        assert article["counts"][name] == ranking[name], name
    assert [one["section_id"] for one in article["sections"]] == [
        "whats-happening", "why-its-important", "whats-next", "beyond-the-headlines",
    ]  # fmt: skip
    assert [one["article_version"] for one in article["versions"]] == [1, 2]
    assert article["as_of"].endswith("Z")


def test_too_few_votes_make_no_share(site: Site) -> None:
    counts = site.get("/v1/articles/flu-jabs").json["counts"]
    assert (counts["votes"], counts["useful_share"], counts["verdict"]) == (8, None, "too_few")


def test_an_id_with_a_slash_is_an_id(site: Site) -> None:
    assert site.get(f"/v1/articles/{STRANGE_ID}").json["article_id"] == "rail/strike & <b>"


@pytest.mark.parametrize("path", ["/v1/articles/nobody", "/v1/articles/nobody/badge.svg", "/v1/articles/"])
def test_an_unknown_article_is_not_found(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_article_takes_no_parameters(site: Site) -> None:
    answer = site.get("/v1/articles/bridge?days=3")
    assert (answer.status, "takes no parameters" in answer.json["detail"]) == (400, True)


def test_an_article_that_did_not_change_is_not_sent_again(site: Site) -> None:
    tag = site.get("/v1/articles/bridge").headers["etag"]
    assert site.get("/v1/articles/bridge", if_none_match=tag).status == 304


def test_the_badge_says_the_share_when_it_is_known_well_enough(site: Site) -> None:
    counts = site.get("/v1/articles/bridge").json["counts"]
    share = round(100 * counts["useful_share"])
    assert told_by(site.get("/v1/articles/bridge/badge.svg").body) == f"{share} % of 412 readers found this useful"


@pytest.mark.parametrize("article", ["flu-jabs", "coin"])
def test_the_badge_says_no_share_of_few_votes_or_a_wide_interval(site: Site, article: str) -> None:
    assert told_by(site.get(f"/v1/articles/{article}/badge.svg").body) == "too few votes to say"


def test_the_badge_is_a_picture_for_any_site_without_script(site: Site) -> None:
    answer = site.get(f"/v1/articles/{STRANGE_ID}/badge.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"<script" not in answer.body
    assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", answer.body)
    known = site.get(f"/v1/articles/{STRANGE_ID}/badge.svg", if_none_match=answer.headers["etag"])
    assert (known.status, known.headers["cache-control"]) == (304, "public, max-age=60")


def told_by(picture: bytes) -> str:
    """The badge's text, which is its title too."""
    root = ElementTree.fromstring(picture)
    name = "{http://www.w3.org/2000/svg}"
    title, text = root.find(f"{name}title"), root.find(f"{name}text")
    assert title is not None and text is not None and title.text == text.text
    assert root.get("aria-labelledby") == title.get("id")
    return str(text.text)
