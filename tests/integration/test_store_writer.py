"""The writer: one transaction for rows and positions, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feedback_analytics.errors import Fenced, MigrationNeeded, SettingsError, StoreBusy, StoreDamaged, StoreError
from feedback_analytics.store import CommitRows, Reader, Writer, open_reader, open_writer
from tests.support.store import BEGIN, LOG, TOPIC, Scribe, a_vote, a_writer, reversal_of, settings_of, shown, utc_now


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    with a_writer(tmp_path) as writer:
        yield writer


@pytest.fixture
def reader(tmp_path: Path, writer: Writer) -> Iterator[Reader]:
    with open_reader(tmp_path) as reader:
        yield reader


def test_a_store_is_made_when_there_is_none_and_keeps_its_id(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        store_id = writer.store_id
    with a_writer(tmp_path) as writer:
        assert (writer.store_id, writer.restore_epoch) == (store_id, 0)


def test_the_catalogs_write_ahead_log_outlives_each_commit_but_not_the_writer(tmp_path: Path) -> None:
    log = tmp_path / "lake" / "catalog.sqlite-wal"
    with a_writer(tmp_path) as writer:
        scribe = Scribe()
        scribe.begin(writer)
        writer.commit(scribe.rows([a_vote()]))
        written = log.stat().st_ino
        with open_reader(tmp_path) as reader:
            assert reader.sql("select count(*) from raw.votes").fetchall() == [(1,)]
        writer.commit(scribe.rows([a_vote()]))
        assert log.stat().st_ino == written
    assert not log.exists()


def test_opening_a_store_again_changes_nothing(tmp_path: Path) -> None:
    a_writer(tmp_path).close()
    with open_reader(tmp_path) as reader:
        before = reader.snapshot_id()
        a_writer(tmp_path).close()
        assert reader.snapshot_id() == before


def test_a_store_of_a_newer_release_is_refused_by_writer_and_reader(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        writer._engine.execute("update raw.store_facts set value = '99' where name = 'schema_version'")
    with pytest.raises(MigrationNeeded, match="Install the newer release"):
        a_writer(tmp_path)
    with pytest.raises(MigrationNeeded, match="Install the newer release"):
        open_reader(tmp_path)


def test_a_store_of_an_older_release_tells_readers_to_start_a_worker_once(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        writer._engine.execute("update raw.store_facts set value = '0' where name = 'schema_version'")
    with pytest.raises(MigrationNeeded, match="feedback serve"):
        open_reader(tmp_path)


def test_a_store_made_by_the_first_migration_is_migrated_and_keeps_its_votes(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        scribe = Scribe()
        scribe.begin(writer)
        writer.commit(scribe.rows([a_vote(reader="r1"), a_vote(reader="r2", vote="not_useful")]))
        # As 0001 left it: without what came later.
        for undoing in (
            "drop view mart.annotations",
            "drop view mart.saved_views",
            "drop view mart.deliveries",
            "drop view mart.told_drops",
            "drop table raw.annotations",
            "drop table raw.saved_views",
            "drop table raw.deliveries",
            "drop table raw.drops_told",
            "drop table raw.usefulness_daily",
            "drop table raw.usefulness_monthly",
            "drop table raw.folded_positions",
            "delete from raw.column_descriptions where relation in ('told_drops', 'drops_told')",
            "delete from raw.store_facts where name = 'views'",
            "update raw.store_facts set value = '1' where name = 'schema_version'",
        ):
            writer._engine.execute(undoing)
    with pytest.raises(MigrationNeeded, match="schema version 1, this release reads 5"):
        open_reader(tmp_path)
    with open_reader(tmp_path, older=True) as reader:
        assert reader.secret_fingerprint() is None
    with a_writer(tmp_path) as writer:
        writer.claim(LOG, TOPIC, [0, 1])
        writer.commit(scribe.rows([a_vote(reader="r3")]))
    with open_reader(tmp_path) as reader:
        assert (
            shown(reader, "select votes, useful from mart.article_usefulness")
            == """
    votes  useful
    3      2
"""
        )
        assert shown(reader, "from mart.told_drops").count("\n") == 2
        assert reader.table("from raw.folded_positions").num_rows == 0
        for name in ("annotations", "saved_views", "deliveries"):
            assert reader.table(f"from mart.{name}").num_rows == 0
        described = "from mart.data_dictionary where relation in ('told_drops', 'drops_told') and description = ''"
        assert reader.table(described).num_rows == 0
        named = "select distinct relation from mart.data_dictionary where relation like '%told%' order by all"
        assert reader.sql(named).fetchall() == [("drops_told",), ("told_drops",)]


def test_another_secret_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    open_writer(settings, secret_fingerprint="the-first", now=utc_now).close()
    open_writer(settings, secret_fingerprint="the-first", now=utc_now).close()
    open_writer(settings, secret_fingerprint=None, now=utc_now).close()
    with pytest.raises(SettingsError, match="FEEDBACK_READER_SECRET"):
        open_writer(settings, secret_fingerprint="another", now=utc_now)


def test_a_second_writer_is_refused_until_the_first_is_closed(tmp_path: Path) -> None:
    with a_writer(tmp_path), pytest.raises(StoreBusy, match="another process"):
        a_writer(tmp_path)
    a_writer(tmp_path).close()


def test_a_catalog_that_is_no_catalog_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "catalog.sqlite").write_bytes(b"not a database, " * 512)
    with pytest.raises(StoreDamaged, match="Restore it from a backup"):
        a_writer(tmp_path)
    with pytest.raises(StoreDamaged, match="Restore it from a backup"):
        open_reader(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match=str(tmp_path / "lake")):
        a_writer(tmp_path)


def test_a_topic_begins_at_the_logs_earliest_offsets(writer: Writer) -> None:
    writer.register_topic(LOG, TOPIC, 2, {0: 5, 1: 0})
    assert writer.claim(LOG, TOPIC, [0, 1]) == {0: 5, 1: 0}


def test_a_topic_registered_again_keeps_its_positions(writer: Writer) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    writer.commit(scribe.rows([a_vote()]))
    writer.register_topic(LOG, TOPIC, 2, {0: 0, 1: 0})
    assert writer.claim(LOG, TOPIC, [0, 1]) == {0: 1, 1: 0}


def test_a_topic_with_another_number_of_partitions_is_refused(writer: Writer) -> None:
    Scribe(2).begin(writer)
    with pytest.raises(StoreError, match="has 3 partitions, but the store knows it with 2"):
        writer.register_topic(LOG, TOPIC, 3, {0: 0, 1: 0, 2: 0})


def test_a_topic_of_another_log_is_refused_until_its_loss_is_accepted(writer: Writer) -> None:
    Scribe(2).begin(writer)
    with pytest.raises(StoreError, match="came from log log-1 so far, and this is log log-2"):
        writer.register_topic("log-2", TOPIC, 2, {0: 0, 1: 0})


def test_a_partition_that_was_never_registered_cannot_be_claimed(writer: Writer) -> None:
    with pytest.raises(StoreError, match="register the topic first"):
        writer.claim(LOG, TOPIC, [0])


def test_a_commit_moves_the_positions_and_adds_all_rows(writer: Writer, reader: Reader) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    committed = writer.commit(scribe.rows([a_vote(reader="r1"), a_vote("a2", "not_useful", reader="r2")]))
    assert writer.committed(committed.batch_id)
    assert writer.claim(LOG, TOPIC, [0]) == {0: 2}
    assert (
        shown(reader, "select article_id, votes_delta, useful_delta from raw.usefulness_hourly order by all")
        == """
    article_id  votes_delta  useful_delta
    a1          1            1
    a2          1            0
"""
    )


def test_deltas_that_cancel_out_leave_no_hourly_row(writer: Writer, reader: Reader) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    yes = a_vote(at=BEGIN)
    writer.commit(scribe.rows([yes, a_vote(vote="retracted", at=BEGIN + timedelta(minutes=1)), reversal_of(yes)]))
    assert reader.table("from raw.usefulness_hourly").num_rows == 0


def test_a_commit_from_another_position_is_fenced_and_leaves_nothing(writer: Writer, reader: Reader) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    writer.commit(scribe.rows([a_vote()]))
    before = reader.snapshot_id()
    late = replace(scribe.rows([a_vote("a2")]), moves={(LOG, TOPIC, 0): (0, 1)})
    with pytest.raises(Fenced) as told:
        writer.commit(late)
    assert told.value.positions == {(TOPIC, 0): 1}
    assert not writer.committed(late.batch_id)
    assert reader.snapshot_id() == before


def test_one_wrong_position_among_several_stops_the_whole_commit(writer: Writer) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    rows = scribe.rows([a_vote()])
    with pytest.raises(Fenced) as told:
        writer.commit(replace(rows, moves={**rows.moves, (LOG, TOPIC, 1): (7, 8)}))
    assert told.value.positions == {(TOPIC, 1): 0}
    assert writer.claim(LOG, TOPIC, [0, 1]) == {0: 0, 1: 0}


def test_a_worker_whose_partition_was_taken_over_is_fenced(tmp_path: Path, writer: Writer) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    writer.commit(scribe.rows([a_vote()]))
    with a_writer(tmp_path, lease=False, worker_name="worker-2") as other:
        assert other.claim(LOG, TOPIC, [0]) == {0: 1}
        with pytest.raises(Fenced) as told:
            writer.commit(scribe.rows([a_vote("a2")]))
        assert told.value.positions == {(TOPIC, 0): None}
        assert writer.claim(LOG, TOPIC, [0]) == {0: 1}
    assert [(p.partition, p.worker) for p in _positions(tmp_path)] == [(0, "worker-1"), (1, "worker-1")]


def test_a_transaction_that_takes_too_long_is_given_up_and_leaves_nothing(tmp_path: Path) -> None:
    with a_writer(tmp_path, worker__transaction_seconds=1e-9) as writer:
        with pytest.raises(StoreBusy, match="transaction_seconds"):
            writer.register_topic(LOG, TOPIC, 1, {0: 0})
        assert _positions(tmp_path) == []


def test_the_casts_of_a_partition_come_in_order_from_an_offset_on(writer: Writer) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    yes = a_vote(at=BEGIN, section="s1")
    writer.commit(scribe.rows([yes, a_vote(reader="r2"), a_vote(reader="r3")]))
    writer.commit(scribe.rows([a_vote(vote="not_useful", at=BEGIN + timedelta(hours=1)), reversal_of(yes)]))
    writer.commit(scribe.rows([a_vote(reader="r4")], partition=1))
    (table,) = writer.casts(LOG, TOPIC, 0, 1)
    assert table["log_offset"].to_pylist() == [1, 2, 3]
    assert table["answer"].to_pylist() == [1, 1, 0]
    assert set(table["source"].to_pylist()) == {"https://news.example/web"}
    assert {len(key) for key in table["reader_key"].to_pylist()} == {16}
    assert list(writer.casts(LOG, TOPIC, 0, 4)) == []


def test_casts_come_in_several_tables_when_their_offsets_lie_far_apart(writer: Writer) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    writer.commit(scribe.rows([a_vote(reader="r1")]))
    scribe.next[0] = 1_700_000
    far = scribe.rows([a_vote(reader="r2")])
    writer.commit(replace(far, moves={(LOG, TOPIC, 0): (1, 1_700_001)}))
    assert [table["log_offset"].to_pylist() for table in writer.casts(LOG, TOPIC, 0, 0)] == [[0], [1_700_000]]


def test_known_segments_and_announcements_are_found(writer: Writer) -> None:
    scribe = Scribe()
    scribe.begin(writer)
    rows = scribe.rows([a_vote()])
    writer.commit(replace(rows, articles=[_announcement(event_hash=2**64 - 1)]))
    assert writer.known_segments() == {row[0] for row in rows.segments}
    assert writer.article_hashes([2**64 - 1, 5]) == {2**64 - 1}
    assert writer.article_hashes([]) == set()


def test_more_partitions_than_are_inlined_by_default_write_no_position_to_a_file(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        scribe = Scribe(256)
        scribe.begin(writer)
        places = {(LOG, TOPIC, partition): (0, 10) for partition in range(256)}
        writer.commit(CommitRows(batch_id="b", moves=places))
    assert list((tmp_path / "lake" / "data").rglob("positions_*/*")) == []


def _positions(folder: Path) -> list[object]:
    with open_reader(folder) as reader:
        return list(reader.positions())


def _announcement(event_hash: int) -> tuple[object, ...]:
    return (
        "a1", 1, "A title", None, None, None, "en", False, BEGIN, "https://news.example/cms", "e", event_hash, BEGIN,
        BEGIN, LOG, "feedback.articles.v1", 0, 0, "b",
    )  # fmt: skip
