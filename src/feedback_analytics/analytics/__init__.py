"""Analytics: every number on any screen comes through here.

Takes a question with its parameters, gives a table with documented columns, units and intervals. Verdicts, sentences
and the way numbers are written are decided here and nowhere else. Draws nothing, keeps nothing.

    with Lake(open_reader(settings)) as lake:
        lake.ask("ranking", of="sections", days=90)
"""

from feedback_analytics.analytics import numbers, sentences
from feedback_analytics.analytics.catalog import QUESTIONS, Column, Question, question_named, rows_about
from feedback_analytics.analytics.differences import (
    difference_evidence,
    difference_interval,
    drop_evidence,
    paired_difference_interval,
    running_difference_interval,
)
from feedback_analytics.analytics.discoveries import e_discoveries, p_discoveries
from feedback_analytics.analytics.filters import COMMON
from feedback_analytics.analytics.guide import guide_text
from feedback_analytics.analytics.intervals import Interval, jeffreys_interval, running_interval, wilson_interval
from feedback_analytics.analytics.known import known_at
from feedback_analytics.analytics.lake import Lake
from feedback_analytics.analytics.ledger import OUTCOMES, balances, sums_of_ledger
from feedback_analytics.analytics.matching import Comparison, matched_difference
from feedback_analytics.analytics.parameters import Kind, Parameter
from feedback_analytics.analytics.periods import Period, step_around
from feedback_analytics.analytics.section_effects import KindEffects, SectionMap, kind_effects, section_map
from feedback_analytics.analytics.shared import Look, SharedLake
from feedback_analytics.analytics.shrinkage import Prior, chance_above, group_priors, shrunk_interval, shrunk_share
from feedback_analytics.analytics.verdicts import MIN_VOTES, Verdict, typical_share, verdicts, votes_needed

__all__ = [
    "COMMON",
    "MIN_VOTES",
    "OUTCOMES",
    "QUESTIONS",
    "Column",
    "Comparison",
    "Interval",
    "Kind",
    "KindEffects",
    "Lake",
    "Look",
    "Parameter",
    "Period",
    "Prior",
    "Question",
    "SectionMap",
    "SharedLake",
    "Verdict",
    "balances",
    "chance_above",
    "difference_evidence",
    "difference_interval",
    "drop_evidence",
    "e_discoveries",
    "group_priors",
    "guide_text",
    "jeffreys_interval",
    "kind_effects",
    "known_at",
    "matched_difference",
    "numbers",
    "p_discoveries",
    "paired_difference_interval",
    "question_named",
    "rows_about",
    "running_difference_interval",
    "running_interval",
    "section_map",
    "sentences",
    "shrunk_interval",
    "shrunk_share",
    "step_around",
    "sums_of_ledger",
    "typical_share",
    "verdicts",
    "votes_needed",
    "wilson_interval",
]
