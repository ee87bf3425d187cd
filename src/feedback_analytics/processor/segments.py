"""Segments: the combinations of source, locale, device and referrer host that answers came from.

A segment's id is the 64-bit hash of its values, so several workers may name the same one without asking each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Segment:
    """One combination; None where the event does not tell."""

    source: str
    locale: str | None
    device: str | None
    referrer_host: str | None

    @property
    def segment_id(self) -> int:
        """64-bit hash; each value with its length before it, so that no two combinations run together."""
        parts = (self.source, self.locale, self.device, self.referrer_host)
        text = "".join("-;" if part is None else f"{len(part)};{part}" for part in parts)
        return xxhash.xxh3_64_intdigest(text.encode())


@dataclass(frozen=True, slots=True)
class Segmented:
    """The segment of each event: its 64-bit id, and the distinct segments of the batch by id."""

    ids: NDArray[np.uint64]
    segments: dict[int, Segment]


def segments_of(sources: pa.Array, locales: pa.Array, devices: pa.Array, referrers: pa.Array) -> Segmented:
    """The segments of n events, of columns of text. Python runs once per distinct combination, not once per event."""
    codes, combinations = combine([sources, locales, devices, referrers])
    distinct = [
        Segment(source or "", locale, device, referrer_host(referrer))
        for source, locale, device, referrer in combinations
    ]
    ids = np.array([segment.segment_id for segment in distinct], dtype=np.uint64)
    return Segmented(ids[codes], {segment.segment_id: segment for segment in distinct})


def combine(columns: Sequence[pa.Array]) -> tuple[NDArray[np.int64], list[tuple[str | None, ...]]]:
    """Number the distinct combinations of columns of equal length: (code per row, combination per code)."""
    joined = np.zeros(len(columns[0]), dtype=np.int64)
    dictionaries = []
    for column in columns:
        encoded = column.dictionary_encode(null_encoding="encode")
        dictionaries.append(encoded.dictionary.to_pylist())
        joined = joined * len(encoded.dictionary) + encoded.indices.to_numpy(zero_copy_only=False)
    encoded = pa.array(joined).dictionary_encode()
    combinations = []
    for code in encoded.dictionary.to_pylist():
        values = []
        for dictionary in reversed(dictionaries):
            code, at = divmod(code, len(dictionary))
            values.append(dictionary[at])
        combinations.append(tuple(reversed(values)))
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), combinations


def referrer_host(referrer: str | None) -> str | None:
    """The host a referrer names, in lower case; None when it names none. Path and query are never kept."""
    if not referrer:
        return None
    try:
        host = urlsplit(referrer if "//" in referrer else f"//{referrer}").hostname
    except ValueError:
        return None
    return host or None
