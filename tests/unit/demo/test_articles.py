"""The sample articles: enough of them, in the house format, made up, and announced by the contract."""

from datetime import UTC, datetime

import pytest

from feedback_analytics.contract import ArticlePublished, decode_event
from feedback_analytics.demo import Article, announcements, articles

ANCHOR = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUSE_FORMAT = ["What’s Happening?", "Why It’s Important?", "What’s Next?", "Beyond the Headlines"]


def test_there_are_at_least_32_articles_on_ten_topics_or_more() -> None:
    assert len(articles()) >= 32
    assert len({article.topic for article in articles()}) >= 10


def test_articles_come_newest_first() -> None:
    ages = [article.published_days_ago for article in articles()]
    assert ages == sorted(ages)


@pytest.mark.parametrize("article", articles(), ids=lambda article: article.id)
def test_an_article_has_the_four_sections_of_the_house_format_of_readable_length(article: Article) -> None:
    for version in range(1, article.version + 1):
        sections = article.sections_of(version)
        assert [section.heading for section in sections] == HOUSE_FORMAT
        assert all(50 <= section.words <= 120 for section in sections), [section.words for section in sections]
    assert article.title and article.dek


def test_authors_are_desks_and_some_articles_are_ai_generated() -> None:
    assert all(article.desk.endswith(" desk") for article in articles())
    assert 5 <= sum(article.ai_generated for article in articles()) <= len(articles()) // 2


def test_a_revised_article_shows_other_words_in_its_first_version() -> None:
    revised = [article for article in articles() if article.version == 2]
    assert len(revised) >= 2
    for article in revised:
        assert article.sections_of(1) != article.sections_of(2)
        assert article.published_at(ANCHOR) < (article.revised_at(ANCHOR) or ANCHOR) < ANCHOR


def test_each_version_is_announced_once_by_the_contract_and_in_order_of_time() -> None:
    events = [decode_event(raw, over_http=True) for raw in announcements(ANCHOR)]
    assert all(isinstance(event, ArticlePublished) for event in events)
    announced = {(event.data.article_id, event.data.article_version) for event in events}
    assert announced == {(article.id, version) for article in articles() for version in range(1, article.version + 1)}
    assert len(events) == len(announced) == len({event.id for event in events})
    assert [event.time for event in events] == sorted(event.time for event in events)


def test_announcements_keep_their_ids_when_the_demo_starts_at_another_time() -> None:
    def ids(anchor: datetime) -> list[str]:
        return [decode_event(raw, over_http=True).id for raw in announcements(anchor)]

    assert ids(ANCHOR) == ids(datetime(2027, 3, 1, tzinfo=UTC))
