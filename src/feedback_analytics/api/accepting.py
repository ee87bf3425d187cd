"""Which form an answer has over HTTP: as `format` says, else as the header Accept prefers."""

from __future__ import annotations

from feedback_analytics.api.refusals import Refused, refused_query

FORMATS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
_RANGES = {
    "*/*": "json",
    "application/*": "json",
    "application/json": "json",
    "text/*": "csv",
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
}


def chosen_format(format: str | None, accept: str) -> str:
    """json, csv, arrow or parquet. Raises Refused: 400 for another format, 406 when nothing acceptable can be made."""
    if format:
        if format not in FORMATS:
            raise refused_query(f"format = {format[:60]!r} is not possible: {', '.join(FORMATS)}.")
        return format
    ranges = [_weighed(one) for one in accept.split(",")]
    for _, name in sorted(ranges, key=lambda one: -one[0]):
        if name in _RANGES:
            return _RANGES[name]
    made = ", ".join(kind.split(";")[0] for kind in FORMATS.values())
    raise Refused(406, f"Accept names no form that is made here: {made}.")


def _weighed(one: str) -> tuple[float, str]:
    """The weight of a media range (1 when not told or unreadable) and its name; weight 0 names nothing."""
    name, *parameters = (part.strip().lower() for part in one.split(";"))
    weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return (float(weight), name) if float(weight) > 0 else (0.0, "")
    except ValueError:
        return 1.0, name
