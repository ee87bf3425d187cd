"""Metrics of a service in several processes.

On one machine each part writes its own to a file, and `/metrics` shows them as one. Of several workers each is scraped
for itself, at `telemetry.metrics_address`: in a sum, a worker that starts anew would look as if all had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from feedback_analytics.errors import SettingsError


class MetricsFile:
    """Where a part leaves its metrics for the part that shows them. A reader sees the old file or the new one."""

    def __init__(self, file: Path, registry: CollectorRegistry) -> None:
        self._file, self._registry = file, registry
        file.parent.mkdir(parents=True, exist_ok=True)

    def write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_bytes(generate_latest(self._registry))
        new.replace(self._file)


@contextmanager
def shown_at(address: str, registry: CollectorRegistry) -> Iterator[None]:
    """Show the registry at http://HOST:PORT/metrics meanwhile; nowhere when the address is empty.

    Raises SettingsError when nothing can listen there.
    """
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), registry)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"telemetry.metrics_address = {address!r}: cannot listen there: {error}. End what listens there, or set "
            "FEEDBACK_TELEMETRY_METRICS_ADDRESS to another address of this machine, as 0.0.0.0:9100."
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OfAllParts(Collector):
    """The metrics of this process, and those the other parts left in the folder, added up sample by sample."""

    def __init__(self, own: CollectorRegistry, folder: Path, *, before: Callable[[], None]) -> None:
        """before is called at each collection, to set what is only known when asked."""
        self._own, self._folder, self._before = own, folder, before

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are not known before the parts have written them."""
        return ()

    def collect(self) -> Iterable[Metric]:
        self._before()
        families: dict[str, Metric] = {}
        for family in self._all():
            mine = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            mine.samples += [sample for sample in family.samples if not sample.name.endswith("_created")]
        for family in families.values():
            family.samples = _added_up(family.samples)
            if family.samples:
                yield family

    def _all(self) -> Iterable[Metric]:
        yield from self._own.collect()
        for file in sorted(self._folder.glob("*.prom")):
            yield from text_string_to_metric_families(file.read_text(encoding="utf-8"))


def _added_up(samples: Iterable[Sample]) -> list[Sample]:
    """One sample per name and labels. Sums are right for counters and histograms; a gauge is set by one part only."""
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in samples:
        key = (sample.name, tuple(sample.labels.items()))
        sums[key] = sums.get(key, 0.0) + sample.value
    return [Sample(name, dict(labels), value) for (name, labels), value in sums.items()]
