"""Builds the dashboard: one Dash app on the service's own server, asking analytics and drawing what it answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, set_props
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from feedback_analytics import __version__
from feedback_analytics.analytics import SharedLake
from feedback_analytics.dashboard.address import read_address
from feedback_analytics.dashboard.changes import FRAME, Changes, changes
from feedback_analytics.dashboard.keeping import Keep, Replay, What, add_keeping
from feedback_analytics.dashboard.live import Live
from feedback_analytics.dashboard.packing import Packing
from feedback_analytics.dashboard.pages import BANNERS, SLOW, Page, broken, note_failure, open_page, store_gone
from feedback_analytics.dashboard.parts import data
from feedback_analytics.dashboard.policy import Guarded
from feedback_analytics.dashboard.themes import ThemeName
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError
from feedback_analytics.settings import DashboardSettings

LIVE_PATH = "/dashboard/live"
INDEX = """<!DOCTYPE html>
<html lang="en-GB">
<head>{%metas%}<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg?v=VERSION">
<script src="/assets/first/theme.js?v=VERSION"></script>{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""
# theme.js stands in the head, before anything is painted, so that a dark page does not open with a white flash.

UNUSED = re.compile(r'<script src="[^"]*/dash_table/bundle[^"]*"></script>\n?')
"""The script of Dash's own table, which Dash names whether or not a page has one."""
START = '<script id="_dash-renderer" src="/assets/last/start.js?v=VERSION"></script>'
# Dash would write the script into the page, which the policy forbids.

Shown = dict[str, Any]
# What a browser shows: the state's key, the window's title, the address, digests and rows as of `changes`.


@dataclass(frozen=True)
class Asked:
    """What a browser asks for, and what it shows meanwhile; changed: why it asks, when not for another address.

    wants_rest: only for what was left out at first, as it takes long; all else stays as it is shown.
    """

    href: str
    theme: ThemeName
    changed: Shown
    shown: Shown
    wants_rest: bool = False

    @property
    def is_elsewhere(self) -> bool:
        return self.shown.get("href") != self.href

    def kept_rows(self) -> dict[str, list[str]]:
        """The order to keep: as shown, unless the visitor goes elsewhere or asks for a new one."""
        return {} if self.is_elsewhere or self.changed.get("reorder") else self.shown.get("rows", {})


class _Pages(Dash):
    """Dash without the scripts that no page of ours needs, and with none in the page itself."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        parts["scripts"] = UNUSED.sub("", parts["scripts"])
        parts["renderer"] = START.replace("VERSION", __version__)
        return str(super().interpolate_index(**parts))  # type: ignore[no-untyped-call]


def build_dashboard(
    shared: SharedLake,
    settings: DashboardSettings,
    server: FastAPI,
    *,
    live: Callable[[], Live],
    keep: Keep,
    replay: Replay,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Dash:
    """The dashboard on `server`: its pages, `/assets`, `/dashboard/live` and Dash's own `/_dash-*`.

    live tells how far the log is ahead; it is called about once a second for each open page, in a thread. keep writes
    what a person marks or saves, replay sends dead letters again. Call this after all other routes are on the server:
    any address that is left answers with a page that says what it is not.
    """
    app = _Pages(
        "feedback_analytics.dashboard",
        server=cast(Any, server),  # Dash takes a server as well as the flag that its signature tells
        title="feedback analytics",
        update_title="",
        serve_locally=True,
        index_string=INDEX.replace("VERSION", __version__),
        assets_ignore="theme.js|start.js",
        on_error=_tell_defect,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    # No callback of ours uses Dash's web socket; left on, every open page would keep one.
    app.backend.websocket_capability = False
    app.layout = _layout(settings.refresh_seconds)
    zone = ZoneInfo(shared.lake.time_zone)

    def look() -> str:
        return _state_key(shared, live(), settings.stale_seconds, now())

    def draw(asked: Asked) -> Page:
        return _draw(asked, shared, zone, live(), settings.stale_seconds, now())

    def keep_and_show(what: What, entry: Mapping[str, Any]) -> None:
        keep(what, entry)
        shared.look_anew()

    add_keeping(server, keep_and_show, replay, zone)

    @server.get(LIVE_PATH, include_in_schema=False)
    async def changed_since(seen: str = "") -> Response:
        """204 while the store and the page's state are as the page has seen them; else the new state's key."""
        key = await asyncio.to_thread(look)
        return Response(status_code=204) if key == seen else JSONResponse({"key": key})

    @app.callback(
        Output("shown", "data"),
        Input("address", "href"),
        Input("theme", "data"),
        Input("changed", "data"),
        State("shown", "data"),
    )
    async def show(href: str, theme: ThemeName, changed: Shown, shown: Shown) -> Shown:
        wants_rest = ctx.triggered_id == "changed" and "more" in changed and shown["href"] == href
        asked, key = Asked(href, theme, changed or {}, shown or {}, wants_rest), await asyncio.to_thread(look)
        return _send(await asyncio.to_thread(draw, asked), asked, key)

    in_browser: Any = app.clientside_callback  # Dash leaves it without types
    in_browser(ClientsideFunction("feedback", "theme"), Output("theme", "data"), Input("address", "pathname"))
    in_browser(ClientsideFunction("feedback", "seen"), Output("seen", "data"), Input("shown", "data"))
    # Dash looks for the files of `assets` at the first request to `/` only: whoever came by a link to another page
    # before that got one without styles and scripts.
    app._setup_server()  # type: ignore[no-untyped-call]
    server.add_middleware(Guarded)
    server.add_middleware(Packing)
    return app


def _layout(refresh_seconds: float) -> html.Div:
    return html.Div(
        [
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme"),
            dcc.Store(id="changed"),
            dcc.Store(id="shown"),
            dcc.Store(id="seen"),
            html.Div(id="page"),
        ],
        id="dashboard",
        **data(refresh_seconds=str(refresh_seconds), live=LIVE_PATH),
    )


def _draw(asked: Asked, shared: SharedLake, zone: ZoneInfo, live: Live, stale_seconds: float, now: datetime) -> Page:
    """The page. What takes long waits at a new address, so that the rest shows at once; then it is asked for."""
    address, kept, is_patient = read_address(asked.href, zone), asked.kept_rows(), not asked.is_elsewhere
    visit = Visit(None, address, asked.theme, now, live, stale_seconds, zone, kept, is_patient)
    try:
        with shared.look() as look:
            return open_page(replace(visit, store=look))
    except FeedbackError as error:
        return store_gone(visit, error)


def _send(page: Page, asked: Asked, key: str) -> Shown:
    """Sends what differs from the page shown; gives what the browser then shows."""
    sent = changes(page.tree, asked.shown.get("digests"))
    if asked.wants_rest and FRAME not in sent.updates:
        return _send_rest(sent, asked)
    for name, props in sent.updates.items():
        set_props(name, props)
    told = {"key": key, "title": page.title, "href": asked.href, "waits": page.waits}
    return {**told, "digests": sent.digests, "rows": sent.rows}


def _send_rest(sent: Changes, asked: Asked) -> Shown:
    """Only what was left out at first: somebody may be reading the rest by now, and nothing moves under a reader."""
    rest = [name for name in sent.updates if name.startswith(SLOW) or name == BANNERS]
    for name in rest:
        set_props(name, sent.updates[name])
    digests = {**asked.shown["digests"], **{name: sent.digests[name] for name in rest}}
    return {**asked.shown, "digests": digests, "waits": False}


def _tell_defect(error: Exception) -> None:
    """Dash calls this for an exception that no page foresaw."""
    set_props("page", {"children": broken(note_failure("page", error))})


def _state_key(shared: SharedLake, live: Live, stale_seconds: float, now: datetime) -> str:
    """Changes whenever a page would: with the store, and when events begin or cease to wait."""
    try:
        snapshot = str(shared.snapshot_id())
    except FeedbackError:
        snapshot = "gone"
    is_stale = live.waiting_seconds(now) > stale_seconds
    waiting = live.behind_records if is_stale else min(live.behind_records or 0, 1)
    return f"{snapshot}.{waiting}.{'stale' if is_stale else 'fresh'}"
