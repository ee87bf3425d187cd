"""Dashboard: pages that show what analytics answers. Computes nothing; empty, stale and failed look different.

app = build_dashboard(shared_lake, settings.dashboard, server, live=live, keep=keep, replay=replay)
figure_of(lake.ask("trend", days=90)).show()
"""

from feedback_analytics.dashboard.answer_figures import figure_of
from feedback_analytics.dashboard.app import build_dashboard
from feedback_analytics.dashboard.browser import find_browser
from feedback_analytics.dashboard.figure_files import figure_page, figure_picture
from feedback_analytics.dashboard.keeping import Keep, Replay
from feedback_analytics.dashboard.live import Live
from feedback_analytics.dashboard.themes import tokens

__all__ = [
    "Keep",
    "Live",
    "Replay",
    "build_dashboard",
    "figure_of",
    "figure_page",
    "figure_picture",
    "find_browser",
    "tokens",
]
