"""The reader secret of an installation: given as a setting, or made on the first start."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from feedback_analytics.errors import SettingsError
from feedback_analytics.log import parse_broker
from feedback_analytics.settings import Settings

SECRET_BYTES = range(16, 65)
"""Pseudonyms of guessable ids are only as safe as the secret, and BLAKE2 takes keys of up to 64 bytes."""


def reader_secret(settings: Settings) -> bytes:
    """The secret that makes pseudonyms of reader ids: the setting, or that of an embedded installation.

    An embedded installation makes its own on the first start, in `reader.secret`, readable by its user only.
    Raises SettingsError when there is none and none may be made.
    """
    if settings.reader_secret:
        secret = settings.reader_secret.encode()
        if len(secret) not in SECRET_BYTES:
            raise SettingsError(
                f"reader_secret has {len(secret)} bytes; it must have 16 to 64. `openssl rand -hex 32` makes one."
            )
        return secret
    if not settings.is_embedded or settings.store_url.startswith(("postgresql:", "postgres:")):
        parse_broker(settings.broker)  # What is wrong with the URL itself is the better answer.
        raise SettingsError(
            "reader_secret is not set. On Kafka or PostgreSQL every part must be given the same one: set "
            "FEEDBACK_READER_SECRET; `openssl rand -hex 32` makes a good one."
        )
    file = settings.data_path / "reader.secret"
    if not file.exists():
        _make_secret(file)
    return file.read_bytes().strip()


def _make_secret(file: Path) -> None:
    """Make the file whole or not at all; of two processes that try at once, one makes it."""
    if (file.parent / "lake").exists():
        raise SettingsError(
            f"{file} is missing beside a store that was filled with it. Put it back from a backup, or set "
            "FEEDBACK_READER_SECRET to what it held; with another secret every reader would count anew."
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(32).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    with suppress(FileExistsError):
        os.link(new, file)
    new.unlink()
