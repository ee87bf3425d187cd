"""The export: every public view as files, from one state of the store, with a manifest; there as a whole or not at all.

DIR/manifest.json                            positions, as-of, and of each file rows, bytes and SHA-256
DIR/article_usefulness.parquet ...           a file per view
DIR/votes/day=2026-11-23/part-0.parquet      votes by the day (UTC) of the answer, in Hive's layout
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from feedback_analytics import __version__
from feedback_analytics.analytics import known_at
from feedback_analytics.api import without_formulas
from feedback_analytics.errors import QueryError
from feedback_analytics.store import Reader, Snapshot

MANIFEST = "manifest.json"
MAKER = "feedback export"
# In the manifest; by it an export is known as one of ours that may be replaced.
BATCH_ROWS = 100_000
# Rows held in memory at a time.

VIEWS = {
    "annotations": "from mart.annotations order by marked_at, annotation_id",
    "article_usefulness": "from mart.article_usefulness order by article_id",
    "articles": "from mart.articles order by article_id",
    "current_votes": "from mart.current_votes order by article_id, section_id, reader_key",
    "data_dictionary": "from mart.data_dictionary order by schema_name, relation, position",
    "deliveries": "from mart.deliveries order by begun_at, delivery_id",
    "freshness": "from mart.freshness",
    "ledger": 'from mart.ledger order by "source", hour',
    "saved_views": "from mart.saved_views order by name",
    "section_usefulness": "from mart.section_usefulness order by article_id, section_id",
    "sections": "from mart.sections order by article_id, article_version, section_id",
    "usefulness_daily": "from mart.usefulness_daily order by day, article_id, section_id",
    "told_drops": "from mart.told_drops order by drop_number",
    "votes": "from mart.votes order by occurred_at, log_id, log_topic, log_partition, log_offset",
}
# In a total order, so that the same state of the store gives the same bytes; votes by time, so that a day is one run.

Format = Literal["parquet", "csv"]


def export_views(reader: Reader, to: Path, format: Format, *, raw: bool) -> dict[str, Any]:
    """Write the export and give its manifest.

    1. Write everything into a folder beside `to`, each file synced.
    2. Move an older export at `to` aside, move the new one there, sync the folder that holds them.
    3. Remove the older one.

    Raises QueryError when something that is no export stands at `to`. A crash before 2 leaves what was there.
    """
    to = to.resolve()
    _refuse_other_than_export(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.parent))
    try:
        made = beside / "new"
        made.mkdir()
        with reader.snapshot() as snapshot:
            manifest = _write_all(snapshot, made, format, raw=raw)
        if to.exists():
            to.rename(beside / "old")
        made.rename(to)
        _sync(to.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return manifest


def _refuse_other_than_export(to: Path) -> None:
    """Whatever else stands there is not ours to remove: nor what somebody put into an export."""
    if not to.exists():
        return
    if not to.is_dir():
        raise QueryError(f"{to} is a file. Name a folder with --to DIR; a new one is made.")
    there = {str(file.relative_to(to)) for file in to.rglob("*") if not file.is_dir()}
    strangers = sorted(there - _files_of(to))
    if strangers:
        raise QueryError(
            f"{to} holds {strangers[0]}, which no export wrote. Name a new folder, or an older export to replace."
        )


def _files_of(to: Path) -> set[str]:
    """The files of the export at this place; none when there is no manifest of ours."""
    try:
        manifest = msgspec.json.decode((to / MANIFEST).read_bytes())
        if manifest["made_by"] != MAKER:
            return set()
        return {MANIFEST} | {file["path"] for view in manifest["views"].values() for file in view["files"]}
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError):
        return set()


def _write_all(snapshot: Snapshot, folder: Path, format: Format, *, raw: bool) -> dict[str, Any]:
    known = known_at(snapshot, None)
    views = {}
    for name, query in VIEWS.items():
        files = _Files(folder, format, raw=raw)
        for path, batch in _placed(name, snapshot.batches(query, rows=BATCH_ROWS)):
            files.write(path, batch)
        files.close()
        views[name] = {"rows": sum(file["rows"] for file in files.written), "files": files.written}
    manifest = {
        "made_by": MAKER,
        "version": __version__,
        "format": format,
        "raw": raw,
        "as_of": known.as_of and known.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "positions": known.text,
        "views": views,
    }
    file = folder / MANIFEST
    file.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    for written in (file, *(one for one in folder.rglob("*") if one.is_dir()), folder):
        _sync(written)
    return manifest


def _placed(name: str, batches: pa.RecordBatchReader) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Each piece of a view and the file it belongs to, without its ending; a view without rows is one empty piece."""
    if name != "votes":
        yield name, pa.RecordBatch.from_pylist([], batches.schema)
        yield from ((name, batch) for batch in batches)
        return
    for batch in batches:
        days = batch["occurred_at"].cast(pa.timestamp("us", "UTC")).cast(pa.date32())
        runs = pc.run_end_encode(days)
        begin = 0
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield f"votes/day={day:%Y-%m-%d}/part-0", batch.slice(begin, end - begin)
            begin = end


class _Files:
    """Files written one after the other; each is synced when the next begins."""

    def __init__(self, folder: Path, format: Format, *, raw: bool) -> None:
        self._folder, self._format, self._raw = folder, format, raw
        self._path: Path | None = None
        self._writer: Any = None
        self._rows = 0
        self.written: list[dict[str, Any]] = []

    def write(self, place: str, batch: pa.RecordBatch) -> None:
        path = self._folder / f"{place}.{self._format}"
        if path != self._path:
            self.close()
            self._begin(path, batch.schema)
        if batch.num_rows:
            is_plain = self._raw or self._format == "parquet"
            self._writer.write_batch(batch if is_plain else without_formulas(batch))
        self._rows += batch.num_rows

    def close(self) -> None:
        if self._path is None:
            return
        self._writer.close()
        _sync(self._path)
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.written.append(
            {
                "path": str(self._path.relative_to(self._folder)),
                "rows": self._rows,
                "bytes": self._path.stat().st_size,
                "sha256": digest,
            }
        )
        self._path = None

    def _begin(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._rows = path, 0
        if self._format == "csv":
            self._writer = csv.CSVWriter(path, schema)
        else:
            self._writer = parquet.ParquetWriter(path, schema, compression="zstd")


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
