"""Which of many findings to believe, when some would turn up by chance alone. Pure.

`p_discoveries` for findings of one look; `e_discoveries` for evidence that is watched, or that hangs together in any
way. Both promise: of the findings told, on average at most a share `false_share` is false.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feedback_analytics.analytics.intervals import Numbers


def p_discoveries(p_values: ArrayLike, false_share: float = 0.05) -> NDArray[np.bool_]:
    """Which findings to tell, of one p-value each; equal ones are told together or not at all.

    p-values in [0, 1]; NaN for what was not tested, which is never told and does not count. false_share in (0, 1).
    Holds when the p-values are independent, or hang together positively. Of none, none.

    Raises ValueError for a p-value outside [0, 1] or a false_share outside (0, 1).
    Source: Benjamini and Hochberg 1995, JRSS-B 57, 289-300.
    """
    _check(false_share)
    told: NDArray[np.bool_] = p_false_share(p_values) <= false_share
    return told


def p_false_share(p_values: ArrayLike) -> Numbers:
    """The least false_share at which `p_discoveries` tells each finding, in [0, 1]; NaN for what was not tested."""
    p = np.asarray(p_values, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p-values must be in [0, 1]")
    return _least(p)


def e_discoveries(log_evidence: ArrayLike, false_share: float = 0.05) -> NDArray[np.bool_]:
    """Which findings to tell, of one e-value each, given as its natural logarithm; equal ones together or not at all.

    Any number, -inf for an e-value of 0; NaN for what was not tested, which is never told and does not count.
    false_share in (0, 1). Holds however the findings hang together, and at any moment chosen by looking. Of none, none.

    Raises ValueError for a false_share outside (0, 1).
    Source: e-BH; Wang and Ramdas 2022, JRSS-B 84, 822-852.
    """
    _check(false_share)
    told: NDArray[np.bool_] = e_false_share(log_evidence) <= false_share
    return told


def e_false_share(log_evidence: ArrayLike) -> Numbers:
    """The least false_share at which `e_discoveries` tells each finding, in [0, 1]; NaN for what was not tested."""
    log_e = np.asarray(log_evidence, dtype=np.float64)
    return _least(np.exp(np.minimum(-log_e, 700.0)))  # e-BH is Benjamini and Hochberg's rule on 1/e


def _least(values: Numbers) -> Numbers:
    """For each value the least, over itself and all greater ones, of value × tested / rank; at most 1."""
    least = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    scaled = values[order] * order.size / np.arange(1, order.size + 1)
    least[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return least


def _check(false_share: float) -> None:
    if not 0 < false_share < 1:
        raise ValueError(f"false_share must be in (0, 1), not {false_share}")
