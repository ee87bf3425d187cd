"""What of a page has to be sent: only the parts that differ from what the browser shows.

A page is a tree of components. Those whose id begins with `live-` may change in place; all others are its frame. When
the frame is the same, only the changed live parts are sent, so that focus, open tables and charts stay as they are.
Rows with a `data-row` are noted in their order, so that the next drawing can keep it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from dash.development.base_component import Component
from plotly.io.json import to_json_plotly

from feedback_analytics.dashboard.markup import is_live, still

FRAME = "page"


@dataclass(frozen=True)
class Changes:
    """updates: properties to set, by component id. For the next time: digests of the frame and of each live part, and
    the rows of each live part in the order drawn.
    """

    updates: dict[str, dict[str, Any]]
    digests: dict[str, str]
    rows: dict[str, list[str]]


def changes(tree: Component, shown: Mapping[str, str] | None) -> Changes:
    """What turns a page with the digests `shown` into this tree; the whole of it when the frame differs."""
    whole = json.loads(to_json_plotly(tree))
    parts: dict[str, Any] = {}
    frame = _digest(_frame_of(whole, parts))
    digests = {FRAME: frame, **{name: _digest(part) for name, part in parts.items()}}
    rows = {name: list(_rows_of(part)) for name, part in parts.items()}
    rows = {name: keys for name, keys in rows.items() if keys}
    if shown is None or shown.get(FRAME) != frame:
        return Changes({FRAME: {"children": still(whole)}}, digests, rows)
    changed = {name: still(part)["props"] for name, part in parts.items() if shown.get(name) != digests[name]}
    updates = {name: {key: value for key, value in props.items() if key != "id"} for name, props in changed.items()}
    return Changes(updates, digests, rows)


def _frame_of(node: Any, parts: dict[str, Any]) -> Any:
    """The node with its live parts taken out and put into `parts`."""
    if isinstance(node, list):
        return [_frame_of(child, parts) for child in node]
    if not isinstance(node, dict):
        return node
    if "props" in node and is_live(node):
        parts[node["props"]["id"]] = node
        return node["props"]["id"]
    return {name: _frame_of(value, parts) for name, value in node.items()}


def _rows_of(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _rows_of(child)
    elif isinstance(node, dict):
        if "data-row" in node:
            yield node["data-row"]
        for child in node.values():
            yield from _rows_of(child)


def _digest(value: Any) -> str:
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()
