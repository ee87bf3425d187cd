"""Counts of requests, kept as plain numbers until somebody asks: a counter's lock costs more than reading a header."""

from __future__ import annotations

from collections import Counter

from feedback_analytics.telemetry import Metrics


class RequestCounts:
    """Requests by status and the bytes of their bodies; for one event loop, which also calls `tell`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._by_status: Counter[int] = Counter()
        self._body_bytes = 0

    def add_body(self, size_bytes: int) -> None:
        self._body_bytes += size_bytes

    def add_answer(self, status: int) -> None:
        self._by_status[status] += 1

    def tell(self) -> None:
        """Bring the metrics up to date."""
        for status, requests in self._by_status.items():
            self._metrics.requests.labels(status).inc(requests)
        self._metrics.request_bytes.inc(self._body_bytes)
        self._by_status.clear()
        self._body_bytes = 0
