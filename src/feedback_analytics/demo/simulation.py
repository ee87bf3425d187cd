"""`feedback simulate`: plausible readers vote on a running service over HTTP, for a time, at a rate."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from feedback_analytics.demo.articles import announcements
from feedback_analytics.demo.posting import MAX_BATCH_EVENTS, Answers, Emitter
from feedback_analytics.demo.readers import Kind, readers
from feedback_analytics.demo.truth import Target, true_shares

_TICK_SECONDS = 0.05
# Readers who come within one tick are sent together, so that hundreds a second cost few requests.


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What was sent, how the service answered, and the shares that the votes were drawn from.

    `sent` counts votes by kind, without the announcements of articles; `answers` counts those too.
    """

    articles: int
    sent: Mapping[Kind, int]
    answers: Answers
    true_shares: Mapping[Target, float]


def simulate(
    url: str,
    *,
    rate: float,
    seconds: float,
    seed: int,
    now: Callable[[], datetime],
    patience_seconds: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    on_sent: Callable[[int], None] = lambda count: None,
) -> SimulationReport:
    """Publish the sample articles at url, then send rate x seconds events, evenly over the seconds.

    rate is in events a second. Readers are those of `readers(seed, now)`. on_sent is told how many were sent at once.
    A service that is slower than the rate gets the events as fast as it takes them.

    Raises FeedbackError when the service does not answer within patience_seconds; what it accepted before stays.
    """
    sent: Counter[Kind] = Counter()
    total = round(rate * seconds)
    crowd = readers(seed, now)
    with Emitter(url, patience_seconds=patience_seconds, sleep=sleep) as emitter:
        published = list(announcements(now()))
        emitter.post(published)
        start, done = clock(), 0
        while done < total:
            due = min(total, int((clock() - start) * rate) + 1) - done
            if due <= 0:
                sleep(max(_TICK_SECONDS, (done / rate) - (clock() - start)))
                continue
            batch = list(islice(crowd, min(due, MAX_BATCH_EVENTS)))
            emitter.post([sending.event for sending in batch])
            sent.update(sending.kind for sending in batch)
            done += len(batch)
            on_sent(len(batch))
    return SimulationReport(len(published), sent, emitter.answers, true_shares(seed))
