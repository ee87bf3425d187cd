"""Builds the dashboard: one Dash app on the service's own server, asking analytics and drawing what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from dash import Dash, Input, Output, State, dcc, html, set_props
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from feedback_analytics import __version__
from feedback_analytics.analytics import Answers
from feedback_analytics.dashboard.address import read_address
from feedback_analytics.dashboard.changes import changes
from feedback_analytics.dashboard.live import Live
from feedback_analytics.dashboard.pages import Page, broken, note_failure, open_page
from feedback_analytics.dashboard.parts import data
from feedback_analytics.dashboard.themes import ThemeName
from feedback_analytics.dashboard.visit import Visit
from feedback_analytics.errors import FeedbackError
from feedback_analytics.settings import DashboardSettings

LIVE_PATH = "/dashboard/live"
INDEX = """<!DOCTYPE html>
<html lang="en-GB">
<head>{%metas%}<title>{%title%}</title>{%favicon%}<script src="/assets/first/theme.js?v=VERSION"></script>{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""
# theme.js stands in the head, before anything is painted, so that a dark page does not open with a white flash.


Shown = dict[str, Any]
# What a browser shows: the state's key, the window's title, the address, digests and rows as of `changes`.


@dataclass(frozen=True)
class Asked:
    """What a browser asks for, and what it shows meanwhile; changed: why it asks, when not for another address."""

    href: str
    theme: ThemeName
    changed: Shown
    shown: Shown

    def kept_rows(self) -> dict[str, list[str]]:
        """The order to keep: as shown, unless the visitor goes elsewhere or asks for a new one."""
        is_same = self.shown.get("href") == self.href and not self.changed.get("reorder")
        return self.shown.get("rows", {}) if is_same else {}


def build_dashboard(
    answers: Answers,
    settings: DashboardSettings,
    server: FastAPI,
    *,
    live: Callable[[], Live],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Dash:
    """The dashboard on `server`: `/`, `/articles/ID`, `/assets`, `/dashboard/live` and Dash's own `/_dash-*`.

    live tells how far the log is ahead; it is called about once a second for each open page, in a thread. Call this
    after all other routes are on the server: any address that is left answers with a page that says what it is not.
    """
    app = Dash(
        "feedback_analytics.dashboard",
        server=cast(Any, server),  # Dash takes a server as well as the flag that its signature tells
        title="feedback analytics",
        update_title="",
        serve_locally=True,
        index_string=INDEX.replace("VERSION", __version__),
        assets_ignore="theme.js",
        on_error=_tell_defect,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    # No callback of ours uses Dash's web socket; left on, every open page would keep one.
    app.backend.websocket_capability = False
    app.layout = _layout(settings.refresh_seconds)

    def look() -> str:
        return _state_key(answers, live(), settings.stale_seconds, now())

    def draw(asked: Asked) -> Page:
        kept = asked.kept_rows()
        return open_page(
            Visit(answers, read_address(asked.href), asked.theme, now(), live(), settings.stale_seconds, kept)
        )

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
        asked, key = Asked(href, theme, changed or {}, shown or {}), await asyncio.to_thread(look)
        return _send(await asyncio.to_thread(draw, asked), asked, key)

    in_browser: Any = app.clientside_callback  # Dash leaves it without types
    in_browser("window.feedback.theme", Output("theme", "data"), Input("address", "pathname"))
    in_browser("window.feedback.seen", Output("seen", "data"), Input("shown", "data"))
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


def _send(page: Page, asked: Asked, key: str) -> Shown:
    """Sends what differs from the page shown; gives what the browser then shows."""
    sent = changes(page.tree, asked.shown.get("digests"))
    for name, props in sent.updates.items():
        set_props(name, props)
    return {"key": key, "title": page.title, "href": asked.href, "digests": sent.digests, "rows": sent.rows}


def _tell_defect(error: Exception) -> None:
    """Dash calls this for an exception that no page foresaw."""
    set_props("page", {"children": broken(note_failure("page", error))})


def _state_key(answers: Answers, live: Live, stale_seconds: float, now: datetime) -> str:
    """Changes whenever a page would: with the store, and when events begin or cease to wait."""
    try:
        snapshot = str(answers.snapshot_id())
    except FeedbackError:
        snapshot = "gone"
    is_stale = live.waiting_seconds(now) > stale_seconds
    waiting = live.behind_records if is_stale else min(live.behind_records or 0, 1)
    return f"{snapshot}.{waiting}.{'stale' if is_stale else 'fresh'}"
