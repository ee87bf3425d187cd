"""Events on their way to the service over HTTP, as an emitter should send them: retries have the same bytes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Self

import httpx

from feedback_analytics.errors import FeedbackError

MAX_BATCH_EVENTS = 1000
# Far below ingest's 5,000, and at 400 bytes an event a body that is sent within a few milliseconds.
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_TIMEOUT_SECONDS = 15.0


@dataclass(slots=True)
class Answers:
    """What the service said about events: how many it accepted, and how many it refused by reason."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Emitter:
    """Sends events to a service; a context manager. Every event is answered before `post` returns."""

    def __init__(
        self, url: str, *, patience_seconds: float = 30.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._url = url.rstrip("/")
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._client = httpx.Client(timeout=_TIMEOUT_SECONDS)
        self.answers = Answers()

    def post_all(self, events: Iterable[bytes]) -> Iterator[int]:
        """Send events in batches; yields how many have been answered so far, after each."""
        rest, answered = iter(events), 0
        while batch := list(islice(rest, MAX_BATCH_EVENTS)):
            self.post(batch)
            answered += len(batch)
            yield answered

    def post(self, events: Sequence[bytes]) -> None:
        """Send one batch until the service has answered each event, and count the answers.

        Each event is one line of JSON. Raises FeedbackError when no answer came within the emitter's patience, or when
        the service takes no events from us at all.
        """
        body = b"\n".join(events)
        waited, pause = 0.0, _FIRST_PAUSE_SECONDS
        while True:
            problem, asked_to_wait = self._try(body)
            if problem is None:
                return
            pause = max(pause, asked_to_wait)
            if waited + pause > self._patience_seconds:
                raise FeedbackError(
                    f"no answer for {len(events)} events from {self._url} "
                    f"within {self._patience_seconds:g} s: {problem}. "
                    "Start the service (feedback serve), or name another with --url; sending the same again is safe."
                )
            self._sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _try(self, body: bytes) -> tuple[str | None, float]:
        """(None, 0) when the events were answered; else what went wrong, and the seconds the service asks to wait."""
        try:
            response = self._client.post(
                f"{self._url}/v1/events", content=body, headers={"content-type": "application/x-ndjson"}
            )
        except httpx.TransportError as error:
            return f"{type(error).__name__}: {error}", 0.0
        if (results := _results(response)) is not None:
            self._count(results)
            return None, 0.0
        if response.status_code == 429 or response.status_code >= 500:
            return f"answered {response.status_code}", _seconds(response.headers.get("retry-after", ""))
        raise FeedbackError(
            f"{self._url} takes no events: answered {response.status_code} {response.text[:200]!r}. "
            "Check that --url names a feedback service."
        )

    def _count(self, results: Sequence[Mapping[str, str]]) -> None:
        for result in results:
            if result["status"] == "accepted":
                self.answers.accepted += 1
            else:
                self.answers.refused[result["reason"]] += 1

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _results(response: httpx.Response) -> list[dict[str, str]] | None:
    """The result of each event; None when the answer is about the request and not about its events."""
    if "json" not in response.headers.get("content-type", ""):
        return None
    results: list[dict[str, str]] | None = response.json().get("results")
    return results


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else 0.0
