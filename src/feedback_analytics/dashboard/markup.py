"""Markup: the still parts of a page as HTML text, so that a page of many rows costs a browser little.

Dash tells every component on a page of each one that a callback has made: n components cost n x n. The overview of 34
articles and 136 sections, 1,900 nodes, kept Chromium's main thread busy for 6.3 s, this way 0.8 s; with all sections
shown it was not drawn within 100 s, this way the thread is busy for 1.1 s. So whatever is neither a chart nor holds a
part that changes by itself travels as one component, with its inside as text. `assets/markup.js` puts it in its place.

    still({"type": "P", "namespace": "dash_html_components", "props": {"children": "a < b"}})
    {"type": "Markup", ..., "props": {"tag": "p", "attributes": {}, "html": "a &lt; b"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

LIVE = "live-"
HTML = "dash_html_components"
NAMES = {"className": "class", "colSpan": "colspan", "dateTime": "datetime", "tabIndex": "tabindex", "htmlFor": "for"}
# How the attributes in use that Dash writes in its own way are written in HTML.
WITHOUT_END = frozenset({"br"})
INPUT = "data-input-"
# Dash's HTML has no `<input>`: a component with attributes that begin so becomes one, these being its own.

Node = Any
# A component as JSON: type, namespace, props; or text, a number, nothing, or a list of these.


def still(node: Node) -> Node:
    """The tree with its still parts made into Markup. Live parts keep their id, charts stay as they are."""
    if isinstance(node, list):
        return [still(child) for child in node]
    if not isinstance(node, dict):
        return node
    props = node["props"]
    if _is_html(node) and (is_live(node) or not _holds_live(props.get("children"))):
        return _markup(node)
    if "children" not in props:
        return node
    return {**node, "props": {**props, "children": still(props["children"])}}


def is_live(node: Node) -> bool:
    return isinstance(node, dict) and str(node["props"].get("id", "")).startswith(LIVE)


def _is_html(node: Node) -> bool:
    """Whether all of it is HTML: no chart, no control of Dash's own."""
    if isinstance(node, list):
        return all(_is_html(child) for child in node)
    return not isinstance(node, dict) or (node["namespace"] == HTML and _is_html(node["props"].get("children")))


def _holds_live(node: Node) -> bool:
    if isinstance(node, list):
        return any(_holds_live(child) for child in node)
    return isinstance(node, dict) and (is_live(node) or _holds_live(node["props"].get("children")))


def _markup(node: Node) -> Node:
    props = {name: value for name, value in node["props"].items() if name not in ("id", "children")}
    told = {"tag": node["type"].lower(), "attributes": props, "html": _inside(node["props"].get("children"))}
    if "id" in node["props"]:
        told["id"] = node["props"]["id"]
    return {"type": "Markup", "namespace": "feedback_markup", "props": told}


def _inside(node: Node) -> str:
    """HTML of what stands between two tags; all text is escaped."""
    if node is None:
        return ""
    if isinstance(node, list):
        return "".join(_inside(child) for child in node)
    if not isinstance(node, dict):
        return escape(str(node), quote=False)
    tag, props = node["type"].lower(), node["props"]
    if INPUT + "name" in props:
        return _input(props)
    begin = tag + "".join(_attribute(name, value) for name, value in sorted(props.items()) if name != "children")
    return f"<{begin}>" if tag in WITHOUT_END else f"<{begin}>{_inside(props.get('children'))}</{tag}>"


def _input(props: Mapping[str, Any]) -> str:
    """Of a component that stands for a control; see `parts.field`."""
    told = {name.removeprefix(INPUT): value for name, value in props.items() if name != "children"}
    return "<input" + "".join(_attribute(name, value) for name, value in sorted(told.items())) + ">"


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return f" {NAMES.get(name, name)}"
    text = _style(value) if name == "style" else str(value)
    return f' {NAMES.get(name, name)}="{escape(text)}"'


def _style(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in values.items())
