"""The sender: reports on a schedule, and alerts of drops, to people; each told once, and none lost.

What is sent is written down in the store before and after (raw.deliveries), so a sender that died, or one on another
machine, is followed by the next. Only where it dies between the hand-over and its note is a delivery sent twice: a mail
then carries the same Message-ID, and both say the same.
"""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from datetime import time as clock_time
from typing import TYPE_CHECKING, Any, Literal

import structlog

from feedback_analytics.cli.installation import now
from feedback_analytics.errors import FeedbackError, SettingsError
from feedback_analytics.settings import Settings

if TYPE_CHECKING:
    from feedback_analytics.analytics import Lake
    from feedback_analytics.reports import Mail, Report

LOOK_SECONDS = 60.0
"""Time between two looks at what is due."""

ALERT = "alert-"
"""Tellings of the sender begin with it; those of `feedback drops tell` are told by that command."""

Way = Literal["mail", "webhook"]
ENTRY = "select entry_number from raw.deliveries where entry_id = $entry_id"
DELIVERIES = """
select deliveries.*, entries.last
from mart.deliveries as deliveries
join (select delivery_id, max(entry_number) as last from raw.deliveries group by delivery_id) as entries
    using (delivery_id)
order by begun_at, delivery_id
"""
TELLINGS = """
select telling_id, min(window_since) as since, min(window_until) as until, min(positions) as positions
from mart.told_drops
where starts_with(telling_id, $begin)
group by telling_id
order by min(drop_number)
"""


def sends(settings: Settings) -> bool:
    """Whether anything is to be sent by itself. Raises SettingsError when it is, and it is not said to whom."""
    wanted = bool(settings.reports.schedule.strip()) or settings.reports.alert_seconds > 0
    if wanted:
        _ways(settings)
    return wanted


def send_once(settings: Settings, *, now: Callable[[], datetime] = now) -> bool:
    """Send what is due; whether all of it was taken. Raises SettingsError when nothing is to be sent by itself."""
    if not sends(settings):
        raise SettingsError(
            "nothing is to be sent: set reports.schedule (day, week, month) or reports.alert_seconds, and to whom."
        )
    return Sender(settings, now).send_due()


def send_for_ever(settings: Settings) -> None:
    """Send what becomes due, until SIGTERM or SIGINT."""
    told, stopping = structlog.get_logger("sender"), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *caught: stopping.set())
    sender = Sender(settings, now)
    told.info("sender_started", schedule=settings.reports.schedule, alert_seconds=settings.reports.alert_seconds)
    while not stopping.is_set():
        try:
            sender.send_due()
        except FeedbackError as error:
            told.warning("sending_put_off", why=str(error))
        stopping.wait(LOOK_SECONDS)


@dataclass(frozen=True)
class _Delivery:
    """What is to be sent by which way. last: the newest row about it in the store; positions: None until it is made."""

    delivery_id: str
    kind: Literal["report", "alert"]
    name: str
    since: datetime
    until: datetime
    way: Way
    positions: str | None = None
    last: int | None = None


class Sender:
    """Sends what is due, and notes what became of it."""

    def __init__(
        self, settings: Settings, now: Callable[[], datetime], wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings, self._now, self._wait = settings, now, wait
        self._ways = _ways(settings)
        self._alerts_at: datetime | None = None
        self._log = structlog.get_logger("sender")

    def send_due(self) -> bool:
        """Send all that is due now; whether all of it was taken. A way that fails is left alone until the next look."""
        from feedback_analytics.analytics import Lake
        from feedback_analytics.store import open_reader

        failed: set[Way] = set()
        with Lake(open_reader(self._settings), time_zone=self._settings.analytics.time_zone) as lake:
            if lake.ask("freshness")["records"].iloc[0] == 0:
                return True
            self._tell_drops(lake)
            for delivery in list(self._due(lake)):
                if delivery.way not in failed and not self._deliver(lake, delivery):
                    failed.add(delivery.way)
        return not failed

    def _due(self, lake: Lake) -> Iterator[_Delivery]:
        """What was begun and not sent, then the periods and alerts that are new, each oldest first."""
        from feedback_analytics.reports import due_periods, retry_at

        rows = lake.sql(DELIVERIES).to_arrow_table().to_pylist()
        known = {row["delivery_id"] for row in rows}
        for row in rows:
            again = row["state"] != "sent" and self._now() >= retry_at(row["state"], row["tries"], row["written_at"])
            if again and row["way"] in self._ways:
                yield _Delivery(**{name: row[name] for name in _Delivery.__match_args__})
        send_at = clock_time.fromisoformat(self._settings.reports.send_at)
        for name in _names(self._settings):
            for way in self._ways:
                ends = [row["until"] for row in rows if (row["name"], row["way"]) == (name, way)]
                for since, until in due_periods(name, send_at, self._now(), lake.zone, max(ends, default=None)):
                    known_as = f"report:{name}:{since:%Y-%m-%d}:{way}"
                    yield _Delivery(known_as, "report", name, since, until, way)
        for row in lake.sql(TELLINGS, {"begin": ALERT}).to_arrow_table().to_pylist():
            for way in self._ways:
                known_as = f"alert:{row['telling_id']}:{way}"
                if known_as not in known:
                    shown = row["since"], row["until"]
                    yield _Delivery(known_as, "alert", row["telling_id"], *shown, way, row["positions"])

    def _tell_drops(self, lake: Lake) -> None:
        """Note what fell since the last look as told, under a telling that is then sent."""
        from feedback_analytics.cli.telling import note_drops

        pause = self._settings.reports.alert_seconds
        if not pause or (self._alerts_at and (self._now() - self._alerts_at).total_seconds() < pause):
            return
        self._alerts_at = self._now()
        note_drops(self._settings, lake.ask("drops").attrs["to_note"], f"{ALERT}{uuid.uuid4().hex}")

    def _deliver(self, lake: Lake, delivery: _Delivery) -> bool:
        """Make it, write down that it is begun, hand it over, write down what came of it. False: it was not taken."""
        from feedback_analytics.cli.reporting import deliver

        made, told, why = None, "", ""
        try:
            made = _make(lake, delivery)
            delivery = replace(delivery, positions=made.positions)
        except FeedbackError as error:
            why = str(error)
        begun = self._note(lake, delivery, "begun", None)
        if begun is None:
            return True  # Another sender has it.
        if made is not None:
            to = self._ways[delivery.way]
            try:
                (told,) = deliver(made, *to, self._settings.reports.page_url, wait=self._wait)
            except FeedbackError as error:
                why = str(error)
        self._note(lake, replace(delivery, last=begun), "failed" if why else "sent", why or told)
        if why:
            self._log.error("delivery_failed", delivery=delivery.delivery_id, why=why)
        else:
            self._log.info("delivery_sent", delivery=delivery.delivery_id)
        return not why

    def _note(self, lake: Lake, delivery: _Delivery, state: str, told: str | None) -> int | None:
        """Write down a step; the number of the row that was written; None when another sender was first."""
        from feedback_analytics.store import JobKind, run_job

        entry_id = uuid.uuid4().hex
        entry = {
            "entry_id": entry_id,
            "delivery_id": delivery.delivery_id,
            "follows": delivery.last,
            "kind": delivery.kind,
            "name": delivery.name,
            "since": delivery.since.isoformat(),
            "until": delivery.until.isoformat(),
            "way": delivery.way,
            "state": state,
            "told": told,
            "positions": delivery.positions,
        }
        run_job(self._settings, JobKind.NOTE_DELIVERY, entry, now=self._now)
        found = lake.sql(ENTRY, {"entry_id": entry_id}).fetchall()
        return int(found[0][0]) if found else None


def _make(lake: Lake, delivery: _Delivery) -> Report:
    """The report or the alert; one that was begun before says the same again, from the same positions."""
    from feedback_analytics.reports import make_alert, make_report

    if delivery.kind == "alert":
        return make_alert(lake, delivery.name)
    return make_report(lake, delivery.name, (delivery.since, delivery.until), as_of=delivery.positions)  # type: ignore[arg-type]


def _ways(settings: Settings) -> dict[Way, tuple[Mail | None, str]]:
    """The ways by which people are told: mail and webhook, as `deliver` takes them. Raises SettingsError for none."""
    from feedback_analytics.cli.reporting import mail_of

    reports = settings.reports
    ways: dict[Way, tuple[Mail | None, str]] = {}
    if reports.mail_url:
        ways["mail"] = mail_of(reports), ""
    if reports.webhook_url:
        ways["webhook"] = None, reports.webhook_url
    if not ways:
        raise SettingsError(
            "reports.schedule or reports.alert_seconds asks for reports, and it is not said to whom: set "
            "reports.mail_url, reports.mail_from and reports.mail_to, or reports.webhook_url."
        )
    return ways


def _names(settings: Settings) -> list[Any]:
    return list(dict.fromkeys(name.strip() for name in settings.reports.schedule.split(",") if name.strip()))
