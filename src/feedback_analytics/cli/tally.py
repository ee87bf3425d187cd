"""The tally: what a worker tells of itself, as metrics."""

from __future__ import annotations

from feedback_analytics.processor import BatchResult, Step, StepClock
from feedback_analytics.stream import WorkerState
from feedback_analytics.telemetry import Metrics


class Tally:
    """Turns what a worker tells of itself into metrics."""

    def __init__(self, metrics: Metrics, steps: StepClock) -> None:
        self._metrics, self._steps = metrics, steps
        self._told = WorkerState({}, {}, 0, 0, 0, 0, None)
        self._counted_seconds: dict[Step, float] = {}
        self._counted_cpu_seconds: dict[Step, float] = {}

    def add(self, state: WorkerState) -> None:
        """Count what is new since the last state."""
        metrics, before = self._metrics, self._told
        self._told = state
        metrics.refused_commits.labels("busy").inc(state.retries - before.retries)
        metrics.refused_commits.labels("fenced").inc(state.fenced - before.fenced)
        for step, seconds in self._steps.wall_seconds.items():
            new = seconds - self._counted_seconds.get(step, 0.0)
            self._counted_seconds[step] = seconds
            metrics.step_seconds.labels(step).inc(new)
            if step is Step.TRANSACTION and state.transactions == before.transactions + 1:
                metrics.transaction_seconds.observe(new)
        for step, seconds in self._steps.cpu_seconds.items():
            metrics.step_cpu_seconds.labels(step).inc(seconds - self._counted_cpu_seconds.get(step, 0.0))
            self._counted_cpu_seconds[step] = seconds
        if state.rebalances > before.rebalances:
            metrics.rebalance_seconds.observe(state.rebalance_seconds)
        if state.last is not None and state.transactions > before.transactions:
            self._add_transaction(state.last)

    def _add_transaction(self, result: BatchResult) -> None:
        metrics = self._metrics
        metrics.records_received.inc(result.received)
        metrics.transaction_records.observe(result.received)
        for outcome in ("stored", "duplicate", "dead", "moved"):
            metrics.records.labels(outcome).inc(getattr(result, outcome))
        for reason, count in result.dead_by_reason.items():
            metrics.dead_letters.labels(reason).inc(count)
        if result.committed_at is not None and result.newest_received_at_us is not None:
            metrics.visible_seconds.observe(result.committed_at.timestamp() - result.newest_received_at_us / 1e6)
