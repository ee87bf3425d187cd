"""Dead letters sent again from the page: what can be read by now is counted, what cannot stays and says why."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from feedback_analytics.contract import reader_key
from tests.support.builders import SECRET, a_vote, record_of
from tests.support.dashboard import running_dashboard
from tests.support.house import House

pytestmark = pytest.mark.browser


def test_letters_are_sent_again_by_their_reason(window: Page, tmp_path: Path) -> None:
    with House(tmp_path / "data", flags={"reader_secret": SECRET.decode(), "log.partitions": 2}) as house:
        # Written by another emitter whose clock is so far ahead that it is refused now, and right in some seconds.
        ahead = datetime.now(UTC) + timedelta(minutes=5, seconds=4)
        of_another = json.dumps(a_vote("a1", reader="r2", at=ahead)).encode()
        house.append([record_of(a_vote("a1", reader="r1")), (reader_key(SECRET, "r2"), of_another)])
        house.append_to(0, b"not an event")
        house.process_all()
        with running_dashboard(house.settings) as dashboard:
            window.goto(f"{dashboard.url}/health")
            forms = window.locator("#live-replays form")
            expect(forms).to_have_count(2)
            time.sleep(max(0.0, (ahead - timedelta(minutes=5) - datetime.now(UTC)).total_seconds()))
            window.get_by_role("button", name="Send clock_ahead again").click()
            expect(forms.first.locator(".told")).to_have_text("1 sent again, 0 still dead.")
            house.process_all()
            # The page sees it without a reload, and has nothing of that reason left to send.
            expect(forms).to_have_count(1)
            window.get_by_role("button", name="Send not_json again").click()
            expect(forms.first.locator(".told")).to_contain_text("0 sent again, 1 still dead: ")
        assert house.writer._engine.execute("select votes from mart.article_usefulness").fetchall() == [(2,)]
