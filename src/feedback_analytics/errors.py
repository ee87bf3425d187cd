"""Every exception of the service, in one tree.

    FeedbackError
      SettingsError            a setting is missing, unknown or impossible
      ContractError            bytes are not an event we know: field path, expected, found
        UnsupportedVersion
      LogError                 the log did not take or give; carries retry_after_seconds
        RecordTooLarge
      StoreError               the store cannot promise consistency
        StoreBusy              another process writes; try again
          StoreUnreachable     the catalog's server does not answer
        Fenced                 another worker owns a partition of this commit
        MigrationNeeded
        StoreDamaged
      QueryError               a question cannot be answered as asked
        QueryTimeout

`except FeedbackError` is always right. What is expected (a refused vote, a duplicate) is a value, not an exception.
"""

from __future__ import annotations

from collections.abc import Mapping


class FeedbackError(Exception):
    """Base of all errors of this service. Its text says what, where we looked and what to do."""


class SettingsError(FeedbackError):
    """A setting is missing, unknown or impossible."""


class ContractError(FeedbackError):
    """Bytes are not an event of the contract.

    reason is a word of the closed set `contract.Reason`; field is the path of the field (`data.vote`, or empty for
    the whole event); expected and found say what was wanted and what stood there, cut to a readable length.
    """

    def __init__(self, reason: str, field: str, expected: str, found: str) -> None:
        self.reason, self.field, self.expected, self.found = reason, field, expected, found
        super().__init__(f"{field or 'event'}: expected {expected}, found {found}")


class UnsupportedVersion(ContractError):
    """The event's type has a major version that this release does not know."""


class LogError(FeedbackError):
    """The log did not take or give records; retry_after_seconds says when to come back, None when not."""

    def __init__(self, message: str, retry_after_seconds: float | None = 1.0) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class RecordTooLarge(LogError):
    """One record is larger than the log takes; trying again will not help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_seconds=None)


class StoreError(FeedbackError):
    """The store cannot promise consistency."""


class StoreBusy(StoreError):
    """Another process holds the writing side of the store; try again."""


class StoreUnreachable(StoreBusy):
    """The server of the catalog does not answer, or has cut the connection; try again, for as long as it takes."""


class Fenced(StoreError):
    """A commit named positions that this worker no longer holds. Nothing of it was written.

    positions maps (topic, partition) to the next offset the store holds now, or to None when another worker has it.
    """

    def __init__(self, positions: Mapping[tuple[str, int], int | None]) -> None:
        self.positions = dict(positions)
        places = ", ".join(f"{topic}[{partition}]" for topic, partition in sorted(self.positions))
        super().__init__(f"another owner moved the position of {places}; this worker's batches for it were dropped")


class MigrationNeeded(StoreError):
    """The store's schema is older or newer than this release."""


class StoreDamaged(StoreError):
    """The store's files contradict each other."""


class QueryError(FeedbackError):
    """A question cannot be answered as asked; the text names what is allowed."""


class QueryTimeout(QueryError):
    """A query took longer than it may."""
