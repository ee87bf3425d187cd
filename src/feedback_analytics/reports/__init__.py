"""Reports: what a finished day, week or month says, as a page for mail clients and paper, as text and as a message.

    report = make_report(lake, finished_period("week", now, zone))
    Path("week.html").write_text(as_html(report))
    send_mail(report, mail)

Computes nothing: every number and verdict is an answer of analytics, all of them from the same positions.
"""

from feedback_analytics.reports.alerting import make_alert
from feedback_analytics.reports.making import Report, finished_period, make_report, period_of
from feedback_analytics.reports.printing import print_pdf
from feedback_analytics.reports.schedule import due_periods, retry_at
from feedback_analytics.reports.sending import Mail, NotSent, post_message, send_mail
from feedback_analytics.reports.writing import as_html, as_message, as_text

__all__ = [
    "Mail",
    "NotSent",
    "Report",
    "as_html",
    "as_message",
    "as_text",
    "due_periods",
    "finished_period",
    "make_alert",
    "make_report",
    "period_of",
    "post_message",
    "print_pdf",
    "retry_at",
    "send_mail",
]
