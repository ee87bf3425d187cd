"""The command that makes a report of a finished day, week or month, into a file or to people."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from feedback_analytics.cli.command import Given, command
from feedback_analytics.errors import SettingsError

if TYPE_CHECKING:
    from feedback_analytics.reports import Mail, Report
    from feedback_analytics.settings import ReportSettings

FORMATS = (".html", ".pdf", ".txt")


def add_to(tree: typer.Typer) -> None:
    command(tree, "report")(report)


def report(
    given: Given,
    period: Annotated[
        Literal["day", "week", "month"], typer.Option("--period", help="What is reported; the newest that is over.")
    ] = "week",
    of: Annotated[
        datetime | None,
        typer.Option("--of", formats=["%Y-%m-%d"], metavar="DAY", help="The day, week or month that holds this day."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write FILE.html, .pdf or .txt.")] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Send it by mail, as reports.* say.")] = False,
    webhook: Annotated[bool, typer.Option("--webhook", help="Post it to reports.webhook_url.")] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="STATE", help="As known then: a time, or a report's positions.")
    ] = None,
) -> None:
    """Report a finished day, week or month: what to fix first, what fell, what rose, data quality.

    \b
    Examples:
      feedback report --period week --to week.html
      feedback report --period month --of 2026-10-01 --to october.pdf
      feedback report --period day --mail --webhook
    """
    from feedback_analytics.analytics import Lake
    from feedback_analytics.cli.installation import now
    from feedback_analytics.reports import as_text, finished_period, make_report, period_of
    from feedback_analytics.store import open_reader

    settings = given.settings()
    if to is not None and to.suffix not in FORMATS:
        raise typer.BadParameter(f"{to.name} ends with none of {', '.join(FORMATS)}.", param_hint="--to")
    mailing = mail_of(settings.reports) if mail else None
    if webhook and not settings.reports.webhook_url:
        raise SettingsError("reports.webhook_url is not set: the address at which a chat takes messages.")
    with Lake(open_reader(settings), time_zone=settings.analytics.time_zone) as lake:
        day = None if of is None else of.date()
        zone = lake.zone
        span = finished_period(period, now(), zone) if day is None else period_of(period, day, zone)
        made = make_report(lake, period, span, as_of=as_of)
    if to is None and not mail and not webhook:
        print(as_text(made), end="")
    if to is not None:
        _write(made, to, settings.reports.page_url)
        print(f"{made.title}: {to}")
    for told in deliver(made, mailing, settings.reports.webhook_url if webhook else "", settings.reports.page_url):
        print(told)


def mail_of(reports: ReportSettings) -> Mail:
    """Where mails go. Raises SettingsError naming what is not set."""
    from feedback_analytics.reports import Mail

    wanted = {"mail_url": reports.mail_url, "mail_from": reports.mail_from, "mail_to": reports.mail_to}
    if missing := [f"reports.{name}" for name, value in wanted.items() if not value]:
        raise SettingsError(f"{' and '.join(missing)} must be set to send mail: smtp://HOST:PORT, and addresses.")
    receivers = tuple(one.strip() for one in reports.mail_to.split(",") if one.strip())
    return Mail(reports.mail_url, reports.mail_from, receivers)


def deliver(
    made: Report,
    mail: Mail | None,
    webhook_url: str,
    page_url: str,
    *,
    wait: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Send it by the ways that are given; a sentence for each. Raises NotSent."""
    from feedback_analytics.reports import as_message, post_message, send_mail

    told = []
    if mail is not None:
        identity = send_mail(made, mail, page_url, wait=wait)
        told.append(f"{made.title}: mailed to {', '.join(mail.receivers)} as {identity}")
    if webhook_url:
        post_message(webhook_url, as_message(made, page_url), wait=wait)
        told.append(f"{made.title}: posted")
    return told


def _write(made: Report, file: Path, page_url: str) -> None:
    from feedback_analytics.reports import as_html, as_text, print_pdf

    if file.suffix == ".pdf":
        print_pdf(as_html(made, page_url), file)
        return
    text = as_html(made, page_url) if file.suffix == ".html" else as_text(made)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
