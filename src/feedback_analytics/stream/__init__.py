"""Stream: records of the log reach the processor through Faust, in batches, from the position the store holds.

The only room that knows Faust. The same app and agent run on the embedded log and on Kafka; only the transport differs.

    with worker_lease(folder, wait=True):
        run_worker(settings, processor, log)
"""

from feedback_analytics.stream.lease import worker_lease
from feedback_analytics.stream.pump import WorkerState
from feedback_analytics.stream.worker import run_worker

__all__ = ["WorkerState", "run_worker", "worker_lease"]
