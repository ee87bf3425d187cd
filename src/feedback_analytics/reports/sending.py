"""Sends a report: by mail over SMTP, and as a message to a chat's webhook; each tried a few times before it fails."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from feedback_analytics.errors import FeedbackError, SettingsError
from feedback_analytics.reports.making import Report
from feedback_analytics.reports.writing import as_html, as_text

TRIES, FIRST_WAIT_SECONDS, ANSWER_SECONDS = 4, 1.0, 20.0
"""A server is tried so often; the wait doubles from try to try."""


class NotSent(FeedbackError):
    """A report could not be handed over; the text says why, and what to look at."""


@dataclass(frozen=True)
class Mail:
    """Where mails go. url: smtp://[USER:PASSWORD@]HOST[:PORT] (STARTTLS where offered), or smtps://."""

    url: str
    sender: str
    receivers: tuple[str, ...]


def send_mail(report: Report, mail: Mail, page_url: str = "", *, wait: Callable[[float], None] = time.sleep) -> str:
    """Hand the report to the mail server; its Message-ID, which is the same for the same report to the same people.

    A mail that is sent twice, since its acceptance got lost, can be known by it. Raises NotSent, SettingsError.
    """
    message = EmailMessage()
    message["Subject"] = report.title
    message["From"], message["To"] = mail.sender, ", ".join(mail.receivers)
    message["Date"] = formatdate()
    told = "\0".join((report.title, report.span, report.positions, mail.sender, *mail.receivers))
    domain = mail.sender.rpartition("@")[2].rstrip(">") or "feedback"
    identity = f"<{hashlib.sha256(told.encode()).hexdigest()[:32]}@{domain}>"
    message["Message-ID"] = identity
    message.set_content(as_text(report))
    message.add_alternative(as_html(report, page_url), subtype="html")
    server = urlsplit(mail.url)
    if server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise SettingsError("reports.mail_url is no mail server. Write smtp://HOST:PORT or smtps://USER:PASSWORD@HOST.")

    def hand_over() -> None:
        kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
        with kind(server.hostname or "", server.port or 0, timeout=ANSWER_SECONDS) as session:
            if server.scheme == "smtp" and (session.ehlo(), session.has_extn("starttls"))[1]:
                session.starttls(context=ssl.create_default_context())
            if server.username:
                session.login(unquote(server.username), unquote(server.password or ""))
            session.send_message(message)

    _try(hand_over, f"the mail server {server.hostname}", "reports.mail_url", wait)
    return identity


def post_message(url: str, message: Mapping[str, Any], *, wait: Callable[[float], None] = time.sleep) -> None:
    """Post a message to a webhook. Raises NotSent."""
    host = urlsplit(url).hostname
    if urlsplit(url).scheme not in ("http", "https") or not host:
        raise SettingsError("reports.webhook_url is no web address. Write https://HOST/PATH.")
    request = urllib.request.Request(
        url, msgspec.json.encode(message), {"content-type": "application/json"}, method="POST"
    )

    def hand_over() -> None:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
            pass

    _try(hand_over, f"the webhook at {host}", "reports.webhook_url", wait)


def _try(hand_over: Callable[[], None], whom: str, setting: str, wait: Callable[[float], None]) -> None:
    for number in range(TRIES):
        try:
            hand_over()
        except (OSError, smtplib.SMTPException) as error:
            if _is_refusal(error) or number == TRIES - 1:
                told = " ".join(str(error).split())[:200]
                raise NotSent(
                    f"{whom} did not take the report: {told}. See {setting}; the report can be sent again."
                ) from error
            wait(FIRST_WAIT_SECONDS * 2**number)
        else:
            return


def _is_refusal(error: Exception) -> bool:
    """Whether the same again would be refused again."""
    if isinstance(error, urllib.error.HTTPError):
        return 400 <= error.code < 500 and error.code != 429
    return isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPRecipientsRefused)
