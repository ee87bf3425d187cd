"""What a store says of a move: the old one where it goes, the new one that it is not whole yet. Kept in its facts."""

from __future__ import annotations

from collections.abc import Mapping

from feedback_analytics.errors import SettingsError

MOVING_TO, MOVED_TO = "moving_to", "moved_to"
"""Of the old store: the name of the new one, while rows are copied, and once the new one is whole."""

MOVE_ID = "move_id"
"""Of both: which move it is. One that was given up and begun anew is another."""

UNFINISHED_MOVE = "unfinished_move"
"""Of the new store until it is whole: what was moved into it, and which logs go on there; JSON."""

OWN = {"schema_version", "views", MOVING_TO, MOVED_TO, MOVE_ID, UNFINISHED_MOVE}
"""Facts that are not copied; all others are."""


def refuse_to_write(facts: Mapping[str, str], name: str) -> None:
    """SettingsError when nobody but the move itself may write to this store."""
    refuse_unfinished(facts, name)
    if MOVED_TO in facts:
        raise SettingsError(
            f"the store in {name} was moved to {facts[MOVED_TO]}, and can only be read here. "
            "Set FEEDBACK_STORE_URL and FEEDBACK_BROKER_URL to where it is now."
        )
    if MOVING_TO in facts:
        raise SettingsError(
            f"the store in {name} is on its way to {facts[MOVING_TO]}. Finish the move (feedback lake move, with the "
            "same --to and --broker), or give it up (feedback lake move --give-up)."
        )


def refuse_unfinished(facts: Mapping[str, str], name: str) -> None:
    """SettingsError when not all rows have come into this store yet."""
    if UNFINISHED_MOVE in facts:
        raise SettingsError(
            f"a move into the store of {name} is not finished: run feedback lake move again, where it was begun."
        )
