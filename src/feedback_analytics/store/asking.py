"""Asking for a job from outside: the running worker does it between its commits; without one, the caller does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from feedback_analytics.errors import StoreBusy, StoreError
from feedback_analytics.settings import Settings
from feedback_analytics.store.jobs import Job, JobKind, JobState, open_queue
from feedback_analytics.store.location import find_store
from feedback_analytics.store.writer import open_writer

POLL_SECONDS = 0.05
"""Time between two looks at a job that another process runs."""


def run_job(
    settings: Settings,
    kind: JobKind,
    arguments: Mapping[str, Any],
    *,
    now: Callable[[], datetime],
    on_progress: Callable[[str], None] = lambda told: None,
) -> Job:
    """Have a job done and wait for it; on_progress hears how far it is.

    The process that holds the write lease, or leads, does it. When there is none, this one takes its place for it.
    Raises StoreError with the reason when it failed, SettingsError when there is no store.
    """
    find_store(settings.store_location)
    queue = open_queue(settings)
    try:
        job_id, heard = queue.submit(kind, arguments), ""
        while not (job := queue.read(job_id)).is_over:
            if job.told != heard:
                on_progress(job.told)
                heard = job.told
            if not _run_here(settings, now):
                time.sleep(POLL_SECONDS)
        if job.state is JobState.FAILED:
            raise StoreError(job.told)
        return job
    finally:
        queue.close()


def _run_here(settings: Settings, now: Callable[[], datetime]) -> bool:
    """Run what waits, if nobody else holds the write lease, or leads."""
    try:
        with open_writer(settings, secret_fingerprint=None, now=now, is_worker=False) as writer:
            if not writer.leads():
                return False
            while writer.run_due_jobs().more_waits:
                pass
        return True
    except StoreBusy:
        return False
