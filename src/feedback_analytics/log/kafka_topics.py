"""How a topic of Kafka must be set up for the promises to hold, and what of it is only unwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from feedback_analytics.errors import LogError

TIMES, CLEANUP, RETENTION_MS, RETENTION_BYTES = (
    "message.timestamp.type", "cleanup.policy", "retention.ms", "retention.bytes",
)  # fmt: skip

LEAST_RETENTION_SECONDS = 86400.0
"""Kafka cuts without asking whether the store has it; so a worker may stand still for a day, whatever is set."""


def config_of_new_topic(retention_seconds: float) -> dict[str, str]:
    """What we ask for; anything else is as the brokers have it."""
    return {
        TIMES: "LogAppendTime",
        CLEANUP: "delete",
        RETENTION_MS: str(int(_wanted_seconds(retention_seconds) * 1000)),
    }


def refuse_unsafe(topic: str, servers: str, config: Mapping[str, str]) -> None:
    """LogError where the brokers would take emitters' times, or let go of votes that others with their key follow."""
    for name, needed, why in (
        (TIMES, "LogAppendTime", "receipt is the time the broker gave; emitters must not choose it"),
        (CLEANUP, "delete", "compaction would drop a reader's votes but for the last"),
    ):
        if (found := config.get(name, needed)) != needed:
            raise LogError(
                f"topic {topic} on {servers} has {name}={found}: {why}. Set it to {needed} (kafka-configs.sh "
                f"--alter --topic {topic} --add-config {name}={needed}), or let this service make the topic.",
                retry_after_seconds=None,
            )


def shortcomings(topic: str, config: Mapping[str, str], retention_seconds: float) -> Iterator[str]:
    """What may cost votes when a worker stands still for long: sentences for the operator."""
    wanted_seconds, held_ms = _wanted_seconds(retention_seconds), int(config.get(RETENTION_MS, -1))
    if 0 <= held_ms < wanted_seconds * 1000:
        yield (
            f"topic {topic} keeps records for {held_ms / 1000:.0f} s, log.retention_seconds asks for "
            f"{wanted_seconds:.0f}: what a worker has not stored by then is lost. Set {RETENTION_MS}="
            f"{wanted_seconds * 1000:.0f}."
        )
    if int(config.get(RETENTION_BYTES, -1)) >= 0:
        yield (
            f"topic {topic} keeps at most {config[RETENTION_BYTES]} bytes a partition, stored or not: what is beyond "
            f"is lost. Set {RETENTION_BYTES}=-1."
        )


def _wanted_seconds(retention_seconds: float) -> float:
    return max(retention_seconds, LEAST_RETENTION_SECONDS)
