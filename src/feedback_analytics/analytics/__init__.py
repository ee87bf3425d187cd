"""Analytics: every number on any screen comes through here.

Takes a question with its parameters, gives a table with documented columns, units and intervals. Verdicts, sentences
and the way numbers are written are decided here and nowhere else. Draws nothing, keeps nothing.

    with open_reader(settings) as reader:
        answers = Answers(reader)
        answers.overview(period)
"""

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.analytics.intervals import Interval, running_interval, wilson_interval
from feedback_analytics.analytics.periods import Period, last_days
from feedback_analytics.analytics.questions import Answers
from feedback_analytics.analytics.verdicts import MIN_VOTES, Verdict, typical_share, verdicts, votes_needed

__all__ = [
    "MIN_VOTES",
    "Answers",
    "Interval",
    "Period",
    "Verdict",
    "last_days",
    "numbers",
    "running_interval",
    "sentences",
    "typical_share",
    "verdicts",
    "votes_needed",
    "wilson_interval",
]
