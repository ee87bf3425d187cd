"""The badge: what readers found of one article, as a small picture, only when it is known well enough."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from feedback_analytics.analytics import MIN_VOTES, numbers

WIDEST = 0.20
# Share. A running interval wider than this leaves open whether most readers or half of them found it useful.
TOO_FEW = "too few votes to say"

_CHARACTER = 6.6
# Pixels that a character of the 12-pixel font takes on average; textLength makes the text fit whatever the font.
_BADGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="24" viewBox="0 0 {width} 24" role="img" '
    'aria-labelledby="told"><title id="told">{text}</title>'
    '<rect width="{width}" height="24" rx="4" fill="#f3f1ec" stroke="#c9c4b8"/>'
    '<text x="10" y="16" textLength="{length}" lengthAdjust="spacingAndGlyphs" fill="#23211d" '
    'font-family="system-ui, sans-serif" font-size="12">{text}</text></svg>\n'
)


def badge_text(counts: Mapping[str, Any] | None) -> str:
    """The sentence on the badge. counts: votes, useful and running interval of the article; None without votes."""
    if counts is None or counts["votes"] < MIN_VOTES or counts["running_high"] - counts["running_low"] > WIDEST:
        return TOO_FEW
    share = round(100 * counts["useful"] / counts["votes"])
    return f"{share} % of {numbers.count(counts['votes'])} readers found this useful"


def badge(text: str) -> bytes:
    """An SVG picture of the text, with the text as its title; no script, nothing from elsewhere."""
    length = round(len(text) * _CHARACTER)
    return _BADGE.format(width=length + 20, length=length, text=escape(text)).encode()
