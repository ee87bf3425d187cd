"""Dead letters: records that cannot become a vote or an article, kept with their bytes and the reason.

A reader's id never reaches the disk. Where the record can be read, the id in it is replaced by its key; where it
cannot, the bytes may hold one and are sealed: encrypted with a key derived from the reader secret.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from feedback_analytics.contract import Bad, reader_key
from feedback_analytics.errors import SettingsError

UNREADABLE = "(unreadable)"
NONCE_BYTES = 12
"""Length of AES-GCM's nonce; random, and never used twice within 2^32 letters."""

MAX_NAMED = 200
"""Longest source, id or type that is read out of a dead letter, in characters: the contract's limit."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record as it is kept. index is its place among the records of the batch."""

    index: int
    reason: str
    field: str
    expected: str
    found: str
    source: str | None
    event_id: str | None
    event_type: str | None
    payload: bytes
    is_sealed: bool


def keep_dead(bad: Sequence[Bad], values: Sequence[bytes], secret: bytes) -> list[DeadLetter]:
    """The dead letters of the bad records, in the order of the log."""
    return [_keep(one, values[one.index], secret) for one in sorted(bad, key=lambda one: one.index)]


def _keep(bad: Bad, value: bytes, secret: bytes) -> DeadLetter:
    tree = _read(value)
    payload = _without_reader_id(tree, secret)
    error = bad.error
    return DeadLetter(
        bad.index,
        str(error.reason),
        error.field,
        error.expected,
        "(not shown)" if "reader" in error.field else error.found,
        _named(tree, "source"),
        _named(tree, "id"),
        _named(tree, "type"),
        seal(value, secret) if payload is None else payload,
        payload is None,
    )


def _read(value: bytes) -> dict[str, object]:
    try:
        tree = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _named(tree: dict[str, object], name: str) -> str | None:
    found = tree.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= MAX_NAMED or not found.isprintable():
        return None
    return found


def _without_reader_id(tree: dict[str, object], secret: bytes) -> bytes | None:
    """The record with its reader id replaced by the key; None when one may hide elsewhere in it."""
    data = tree.get("data")
    if not isinstance(data, dict):
        return None
    reader_id = data.pop("reader_id", None)
    if isinstance(reader_id, str) and reader_id:
        data["reader_key"] = reader_key(secret, reader_id).hex()
    elif reader_id is not None or not isinstance(data.get("reader_key"), str):
        return None
    encoded = msgspec.json.encode(tree)
    hidden = isinstance(reader_id, str) and reader_id.encode("utf-8", "surrogatepass") in encoded
    return None if hidden else encoded


def seal(value: bytes, secret: bytes) -> bytes:
    """Encrypt bytes so that only holders of the reader secret can read them: nonce, then AES-256-GCM."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(secret)).encrypt(nonce, value, None)


def unseal(sealed: bytes, secret: bytes) -> bytes:
    """The bytes that seal was given. Raises SettingsError under another secret."""
    try:
        return AESGCM(_key(secret)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag as error:
        raise SettingsError(
            "this dead letter was sealed with another reader secret. "
            "Set FEEDBACK_READER_SECRET to the one in force then."
        ) from error


def _key(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=32, person=b"dead-letters").digest()
