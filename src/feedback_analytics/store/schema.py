"""The schema of the store: brought up to this release when a writer opens it, and checked when a reader does."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime

import duckdb

from feedback_analytics.errors import MigrationNeeded
from feedback_analytics.store.dictionary import describe_store
from feedback_analytics.store.lake import ALIAS, OPTIONS, literal, set_options
from feedback_analytics.store.move_facts import refuse_unfinished
from feedback_analytics.store.statements import migrations, statement, views


def schema_version() -> int:
    """The schema version of this release."""
    return migrations()[-1][0]


def read_facts(engine: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The store's facts by name; empty before the first migration."""
    made = engine.execute(statement("is_made"), {"database": ALIAS}).fetchone()
    if made is None:
        return {}
    return dict(engine.execute("select name, value from raw.store_facts").fetchall())


def set_fact(engine: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Write one fact, inside the caller's transaction."""
    engine.execute("delete from raw.store_facts where name = $name", {"name": name})
    engine.execute("insert into raw.store_facts values ($name, $value)", {"name": name, "value": value})


def bring_up_to_date(engine: duckdb.DuckDBPyConnection, now: Callable[[], datetime]) -> None:
    """Make or migrate the tables, each migration in one transaction, then the views and the data dictionary.

    May be killed at any point and run again. Raises MigrationNeeded when the store is newer than this release.
    """
    facts = read_facts(engine)
    found = int(facts.get("schema_version", 0))
    _refuse_newer(found)
    for number, text in migrations():
        if number > found:
            engine.execute("begin")
            engine.execute(text)
            if number == 1:
                set_fact(engine, "store_id", uuid.uuid4().hex)
                set_fact(engine, "restore_epoch", "0")
                set_fact(engine, "created_at", now().isoformat(timespec="seconds"))
            set_fact(engine, "schema_version", str(number))
            engine.execute("commit")
    _make_views(engine)


def check_readable(engine: duckdb.DuckDBPyConnection, name: str, *, older: bool) -> None:
    """Raises MigrationNeeded when a newer release made the store, or an older one did and older is False.

    SettingsError when rows are still being moved into the store that errors call name, and older is False.
    """
    facts = read_facts(engine)
    found = int(facts.get("schema_version", 0))
    _refuse_newer(found)
    if older:
        return
    refuse_unfinished(facts, name)
    if found < schema_version():
        raise MigrationNeeded(
            f"the store has schema version {found}, this release reads {schema_version()}. "
            "Start a worker of this release once (feedback serve); it brings the store up to date."
        )


def _refuse_newer(found: int) -> None:
    if found > schema_version():
        raise MigrationNeeded(
            f"the store has schema version {found}, this release knows up to {schema_version()}. "
            "Install the newer release that made it: pip install --upgrade feedback-analytics."
        )


def _make_views(engine: duckdb.DuckDBPyConnection) -> None:
    """Replace options and views when this release has others: each replacement is a snapshot, so not at every start."""
    texts = [view.query for view in views()] + [f"{name}={value}" for name, value in OPTIONS.items()]
    fingerprint = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    if read_facts(engine).get("views") == fingerprint:
        return
    set_options(engine)
    engine.execute("begin")
    for view in views():
        engine.execute(f"create or replace view mart.{view.name} as\n{view.query}")
        engine.execute(f"comment on view mart.{view.name} is {literal(view.question)}")
    describe_store(engine)
    set_fact(engine, "views", fingerprint)
    engine.execute("commit")
