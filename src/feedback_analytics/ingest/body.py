"""The body of a request, read and unpacked within its limits: in memory at most max_body_bytes and one chunk."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping

from feedback_analytics.contract import Reason
from feedback_analytics.ingest.asgi import Receive
from feedback_analytics.ingest.refusals import RefusedRequest

BODY_SECONDS = 30.0
# For the rest of a body whose beginning is here; 5 MiB need 1.4 Mbit/s. Slower senders must send less at once.
MAX_GZIP_MEMBERS = 1000
# bgzip makes one per 64 KiB. Each costs a fresh decoder, so millions of empty ones would hold up everybody.

_SLICE_BYTES = 2**16
# What follows a member is copied for the next one; slices keep the copies short.
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, max_body_bytes: int) -> bytes:
    """The whole body, unpacked. Raises RefusedRequest (400, 408, 413, 415) as soon as it is clear."""
    announced_bytes = _announced_size(headers, max_body_bytes)
    unpack = _unpacker(headers, max_body_bytes)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _cut_off()
    body = message.get("body", b"")
    # A server may say that more comes when all is here; to ask again costs a turn of the event loop.
    if len(body) == announced_bytes or not message.get("more_body"):
        if unpack is None:
            _refuse_size(len(body), max_body_bytes)
            return bytes(body)
        unpack.add(body)
        return unpack.whole()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_rest(body, receive, unpack, max_body_bytes)
    except TimeoutError:
        detail = f"The body was not complete after {BODY_SECONDS:.0f} seconds."
        raise RefusedRequest(408, Reason.incomplete, detail) from None


class GzipUnpacker:
    """Unpacks gzip chunk by chunk; refuses as soon as the unpacked bytes exceed their limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._unpacked = bytearray()
        self._members = 1
        self._decoder = zlib.decompressobj(_GZIP)

    def add(self, packed: bytes) -> None:
        """Raises RefusedRequest: 413 past the limit, 400 when the bytes are no gzip."""
        for start in range(0, len(packed), _SLICE_BYTES):
            rest = packed[start : start + _SLICE_BYTES]
            while rest:
                rest = self._add_to_member(rest)

    def whole(self) -> bytes:
        """All that was unpacked; 400 when the last member is not complete."""
        if not self._decoder.eof:
            raise _bad_gzip("it ends too early")
        return bytes(self._unpacked)

    def _add_to_member(self, packed: bytes) -> bytes:
        """What of the bytes belongs to the next member."""
        if self._decoder.eof:
            self._members += 1
            if self._members > MAX_GZIP_MEMBERS:
                raise _bad_gzip(f"it has more than {MAX_GZIP_MEMBERS} members")
            self._decoder = zlib.decompressobj(_GZIP)
        room = self._max_bytes - len(self._unpacked) + 1
        try:
            self._unpacked += self._decoder.decompress(packed, room)
        except zlib.error as error:
            raise _bad_gzip(str(error)) from None
        _refuse_size(len(self._unpacked), self._max_bytes)
        return self._decoder.unused_data


async def _read_rest(body: bytes, receive: Receive, unpack: GzipUnpacker | None, max_body_bytes: int) -> bytes:
    read = bytearray()
    arrived_bytes = 0
    while True:
        arrived_bytes += len(body)
        _refuse_size(arrived_bytes, max_body_bytes)
        if unpack is None:
            read += body
        else:
            unpack.add(body)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _cut_off()
        body = message.get("body", b"")
        if not message.get("more_body") and not body:
            return bytes(read) if unpack is None else unpack.whole()


def _announced_size(headers: Mapping[bytes, bytes], max_body_bytes: int) -> int | None:
    """The body's size as its header tells it; None in chunks. The server holds the client to it."""
    announced = headers.get(b"content-length", b"")
    if not announced.isdigit():
        return None
    _refuse_size(int(announced), max_body_bytes)
    return int(announced)


def _refuse_size(size_bytes: int, max_body_bytes: int) -> None:
    if size_bytes > max_body_bytes:
        detail = (
            f"A body may have at most {max_body_bytes} bytes, before and after unpacking. Send fewer events at once."
        )
        raise RefusedRequest(413, Reason.too_large, detail)


def _unpacker(headers: Mapping[bytes, bytes], max_body_bytes: int) -> GzipUnpacker | None:
    announced = headers.get(b"content-encoding")
    if announced is None or (encoding := announced.strip().lower()) == b"identity":
        return None
    if encoding in (b"gzip", b"x-gzip"):
        return GzipUnpacker(max_body_bytes)
    raise RefusedRequest(
        415,
        Reason.unsupported_media,
        "The content encodings taken are gzip and identity.",
        field="Content-Encoding",
        headers=((b"accept-encoding", b"gzip, identity"),),
    )


def _cut_off() -> RefusedRequest:
    """The client went away, or its chunks make no sense; a half-closed connection can still hear this."""
    return RefusedRequest(400, Reason.incomplete, "The request ended before its body was complete.")


def _bad_gzip(problem: str) -> RefusedRequest:
    return RefusedRequest(400, Reason.bad_encoding, f"The body is not gzip: {problem}.", field="Content-Encoding")
