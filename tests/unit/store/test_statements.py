"""The SQL files of the store: all are used, and the views are the promised ones."""

from __future__ import annotations

from pathlib import Path

import feedback_analytics.store
from feedback_analytics.store.statements import VIEWS, migrations, views
from feedback_analytics.store.sums import FORMS, GRAINS

ROOM = Path(feedback_analytics.store.__file__).parent

PROMISED = {
    "votes": "event_id source occurred_at received_at article_id section_id article_version reader_key vote "
    "is_standing locale device referrer_host",
    "current_votes": "reader_key article_id section_id vote occurred_at received_at article_version source "
    "locale device",
    "article_usefulness": "article_id title votes useful useful_share useful_share_low useful_share_high as_of",
    "section_usefulness": "article_id title section_id heading votes useful useful_share useful_share_low "
    "useful_share_high as_of",
    "usefulness_daily": "day article_id section_id votes useful",
    "articles": "article_id title",
    "ledger": "source hour received stored duplicate dead moved",
    "told_drops": "told_at recovered_at family article_id section_id topic votes useful_share useful_share_before "
    "watch",
    "annotations": "annotation_id marked_at note article_id written_at",
    "saved_views": "name address written_at",
    "deliveries": "kind name since until way state tries begun_at written_at told",
    "freshness": "as_of lag_records",
    "data_dictionary": "relation column_name description",
}
"""The public promise: these views with at least these columns. Additions only."""


def test_every_promised_view_has_its_columns() -> None:
    documented = {view.name: {column.name for column in view.columns} for view in views()}
    missing = {name: set(columns.split()) - documented.get(name, set()) for name, columns in PROMISED.items()}
    assert missing == dict.fromkeys(PROMISED, set())


def test_every_view_in_the_folder_is_made() -> None:
    assert sorted(VIEWS) == sorted(file.stem for file in (ROOM / "views").glob("*.sql"))


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_every_statement_is_used() -> None:
    code = "".join(file.read_text() for file in ROOM.glob("*.py"))
    code += "".join(f'"{form.format(grain.noun)}"' for grain in GRAINS for form in FORMS)
    assert [file.stem for file in (ROOM / "sql").glob("*.sql") if f'"{file.stem}"' not in code] == []
