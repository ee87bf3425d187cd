"""How useful a section is, net of its article, its kind and its topic: estimated, with intervals. Pure.

A section's share is taken as the sum of

    article      how useful readers find this article's sections, drawn towards its topic as far as votes are few
    kind         how useful readers find sections of this kind (and so of this place), within one article
    kind, topic  how far that differs in this topic, drawn towards no difference
    its own      what is left: the part an editor can do something about

and of the chance of its votes. All parts come from sums per article, kind and topic: one pass, no iteration per row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from feedback_analytics.analytics.differences import squared_and_added
from feedback_analytics.analytics.intervals import Interval, Numbers, counts_of, running_interval, wilson_interval

KIND_DEVIATION, TOPIC_KIND_DEVIATION, OWN_DEVIATION = 0.1, 0.02, 0.05
ARTICLE_DEVIATION, TOPIC_DEVIATION = 0.07, 0.04
# Shares. What is usual before any votes: how far kinds, kinds within a topic, single sections, articles and topics lie
# apart. All but the first are estimated; with some dozens of articles the usual has no more weight.
_USUAL = 10.0
# Observations that the usual deviations are worth.

Codes = NDArray[np.intp]


class SectionMap(NamedTuple):
    """One element per section. Shares in [0, 1], differences in [-1, 1].

    expected: what article, kind and topic let expect, from all sections but this one; expected_error: its standard
    error. difference: share minus expected, NaN without votes; low, high: for one look; running_low, running_high: hold
    however often one looks.
    """

    expected: Numbers
    expected_error: Numbers
    difference: Numbers
    low: Numbers
    high: Numbers
    running_low: Numbers
    running_high: Numbers


class KindEffects(NamedTuple):
    """One element per kind, in the order of `kinds`: its share less the mean of all kinds in the same article.

    Differences in [-1, 1] with bounds for one look; NaN for a kind that never stands beside another.
    articles: those that have the kind and another one, with votes on both.
    """

    kinds: NDArray[np.object_]
    effect: Numbers
    low: Numbers
    high: Numbers
    articles: NDArray[np.int64]


def section_map(
    useful: ArrayLike, votes: ArrayLike, articles: ArrayLike, kinds: ArrayLike, topics: ArrayLike, level: float = 0.95
) -> SectionMap:
    """How far each section lies from what its article, kind and topic let expect. One row per section of an article.

    One-dimensional arrays of one length; articles, kinds and topics hold any comparable values, a topic per article.
    Counts with 0 <= useful <= votes; sections without votes get an expectation and no difference. A section never
    takes part in what is expected of it; an article's only section is expected to be as its topic and kind are.

    The bounds put together the section's own interval (Wilson, or running) and that of the expectation. The running
    ones add the two, as nothing is known of how they move together while votes arrive.
    Raises ValueError when useful > votes.
    Source: best linear prediction with variance parts by moments (Henderson 1975, Biometrics 31, 423-447; DerSimonian
    and Laird 1986, Controlled Clinical Trials 7, 177-188), each section left out by its leverage; bounds as
    `squared_and_added`.
    """
    x, n = counts_of(useful, votes)
    if x.size == 0:
        return SectionMap(*[x] * len(SectionMap._fields))
    model = _Model.of(x, n, _Rows.of(articles, kinds, topics))
    expected, error = model.expectations()
    share = np.where(n > 0, x / np.maximum(n, 1.0), np.nan)
    half = float(ndtri(0.5 + level / 2)) * error
    around = Interval(np.maximum(expected - half, 0.0), np.minimum(expected + half, 1.0))
    low, high = squared_and_added(share, wilson_interval(x, n, level), expected, around)
    own = running_interval(x, n, level)
    running_low, running_high = own.low - around.high, own.high - around.low
    told = n > 0
    bounds = [np.where(told, bound, np.nan) for bound in (low, high, running_low, running_high)]
    return SectionMap(expected, error, share - expected, *bounds)


def kind_effects(
    useful: ArrayLike, votes: ArrayLike, articles: ArrayLike, kinds: ArrayLike, level: float = 0.95
) -> KindEffects:
    """How much more useful readers find one kind of section than others, within the same article.

    Rows as for `section_map`. What an article, its topic or its author do to all its sections falls out. It holds for
    articles that have the kind: nothing is said of what it would do elsewhere. Valid for one look.

    Raises ValueError when useful > votes.
    Source: weighted least squares with a level per article; variance from the scatter between articles (Liang and
    Zeger 1986, Biometrika 73, 13-22), with articles - 1 degrees of freedom.
    """
    x, n = counts_of(useful, votes)
    rows = _Rows.of(articles, kinds, np.zeros(x.size))
    share = x / np.maximum(n, 1.0)
    sums = _Sums.of(rows, share, _weights(rows, share, n, _chance_variance(x, n)))
    inverse = np.linalg.pinv(sums.cross().sum(axis=0), rcond=1e-9, hermitian=True)
    slopes = inverse @ sums.toward().sum(axis=0)
    scores = sums.toward() - sums.moved_by(slopes)
    counted, beside = _beside(n, rows)
    count = int(beside.sum())
    variance = inverse @ (scores.T @ scores) @ inverse * (count / max(count - 1, 1))
    told = np.asarray((counted > 0) & (count > 1))
    half = (float(stdtrit(count - 1, 0.5 + level / 2)) if count > 1 else np.nan) * np.sqrt(
        np.maximum(np.diag(variance), 0.0)
    )
    effect, low, high = (np.where(told, value, np.nan) for value in (slopes, slopes - half, slopes + half))
    return KindEffects(rows.kinds, effect, low, high, counted)


class _Rows(NamedTuple):
    """Which article, kind and topic each section is of, as numbers from 0."""

    article: Codes
    kind: Codes
    topic_of: Codes  # per article
    articles: int
    topics: int
    kinds: NDArray[np.object_]

    @classmethod
    def of(cls, articles: ArrayLike, kinds: ArrayLike, topics: ArrayLike) -> _Rows:
        _, first, article = np.unique(np.asarray(articles), return_index=True, return_inverse=True)
        names, kind = np.unique(np.asarray(kinds), return_inverse=True)
        told, topic = np.unique(np.asarray(topics), return_inverse=True)
        return cls(article, kind, topic[first], first.size, told.size, names)

    def mean(self, weight: Numbers, value: Numbers) -> Numbers:
        """Weighted mean of an article's sections, one per article; 0 where nothing has weight."""
        total = np.bincount(self.article, weight, self.articles)
        return np.bincount(self.article, weight * value, self.articles) / np.where(total > 0, total, 1.0)


class _Sums(NamedTuple):
    """Weights and weighted shares by article and kind, all that fits within articles need; arrays articles × kinds."""

    rows: _Rows
    weight: Numbers
    total: Numbers  # of weights per article; 1 where there is none
    mean: Numbers  # share per article
    weighted_share: Numbers

    @classmethod
    def of(cls, rows: _Rows, share: Numbers, weight: Numbers) -> _Sums:
        shape = (rows.articles, rows.kinds.size)
        cell = rows.article * rows.kinds.size + rows.kind
        by_cell = np.asarray(np.bincount(cell, weight, shape[0] * shape[1]), dtype=np.float64).reshape(shape)
        weighted = np.asarray(np.bincount(cell, weight * share, shape[0] * shape[1]), dtype=np.float64).reshape(shape)
        total = by_cell.sum(axis=1)
        total = np.where(total > 0, total, 1.0)
        return cls(rows, by_cell, total, weighted.sum(axis=1) / total, weighted)

    def cross(self) -> Numbers:
        """Cross products of kinds within articles, summed per topic: topics × kinds × kinds."""
        rows, w = self.rows, self.weight
        kinds = rows.kinds.size
        cross = np.zeros((rows.topics, kinds, kinds))
        for one in range(kinds):
            cross[:, one, one] = np.bincount(rows.topic_of, w[:, one], rows.topics)
            for other in range(kinds):
                cross[:, one, other] -= np.bincount(rows.topic_of, w[:, one] * w[:, other] / self.total, rows.topics)
        return cross

    def toward(self) -> Numbers:
        """Products of kinds and shares within articles: articles × kinds."""
        products: Numbers = self.weighted_share - self.weight * self.mean[:, None]
        return products

    def moved_by(self, slopes: Numbers) -> Numbers:
        """What `toward` would be if shares were these slopes of their kinds."""
        fitted = self.weight @ slopes / self.total
        products: Numbers = self.weight * (slopes - fitted[:, None])
        return products


class _Model(NamedTuple):
    """The parts of a section's share, and the variance of what is not known of each."""

    rows: _Rows
    share: Numbers
    weight: Numbers  # 1 / variance of a share around article, kind and topic; 0 without votes
    cell_weight: Numbers  # summed, articles × kinds
    place: Numbers  # what kind and topic add, per section
    unknown: Numbers  # covariances of what kinds add, per topic
    article_variance: float
    topic_variance: float

    @classmethod
    def of(cls, x: Numbers, n: Numbers, rows: _Rows) -> _Model:
        share, chance = x / np.maximum(n, 1.0), _chance_variance(x, n)
        weight = _weights(rows, share, n, chance)
        sums = _Sums.of(rows, share, weight)
        place, unknown = _places(rows, sums)
        between = _between_variances(rows, share - place, weight)
        return cls(rows, share, weight, sums.weight, place, unknown, *between)

    def expectations(self) -> tuple[Numbers, Numbers]:
        """What is to be expected of each section from all others, in [0, 1], and its standard error."""
        rows, weight = self.rows, self.weight
        level, level_variance = self._topic_levels()
        prior = 1 / (self.article_variance + level_variance[rows.article])
        net = weight * (self.share - self.place)
        others = np.bincount(rows.article, weight, rows.articles)[rows.article] - weight
        others_net = np.bincount(rows.article, net, rows.articles)[rows.article] - net
        article = (level[rows.article] * prior + others_net) / (prior + others)
        expected = article + self.place
        place_variance, part = self._place_error(prior, others)
        expected = np.where(weight > 0, self.share - (self.share - expected) / (1 - part), expected)
        return np.clip(expected, 0.0, 1.0), np.sqrt(1 / (prior + others) + place_variance)

    def _place_error(self, prior: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
        """Variance of what kind and topic add against the article's other sections; and the section's own part in it.

        The part is its leverage: by so much the expectation moves when the section's share moves.
        """
        rows, weight = self.rows, self.weight[:, None]
        is_kind = rows.kind[:, None] == np.arange(rows.kinds.size)
        weighed, others = self.cell_weight[rows.article], others[:, None]
        held = others / (prior[:, None] + others)
        within = is_kind - weighed / np.where(others + weight > 0, others + weight, 1.0)
        beside = (weighed - weight * is_kind) / np.where(others > 0, others, 1.0)
        against = is_kind - held * beside - (1 - held) / rows.kinds.size
        topic = rows.topic_of[rows.article]
        moved = np.zeros_like(against)
        for kind in range(rows.kinds.size):
            moved += against[:, kind, None] * self.unknown[topic, kind]
        part = np.clip(self.weight * np.sum(moved * within, axis=1), 0.0, 0.9)
        left_out = part**2 / (np.where(self.weight > 0, self.weight, 1.0) * (1 - part))
        return np.sum(moved * against, axis=1) + left_out, part

    def _topic_levels(self) -> tuple[Numbers, Numbers]:
        """Per article: the level of its topic's other articles, drawn towards that of all, and its variance."""
        rows = self.rows
        net, sure = (
            rows.mean(self.weight, self.share - self.place),
            np.bincount(rows.article, self.weight, rows.articles),
        )
        article = np.where(sure > 0, 1 / (self.article_variance + 1 / np.maximum(sure, 1e-300)), 0.0)
        total, total_net = (np.bincount(rows.topic_of, v, rows.topics) for v in (article, article * net))
        others, others_net = total[rows.topic_of] - article, total_net[rows.topic_of] - article * net
        mean = total_net.sum() / total.sum() if total.sum() > 0 else 0.5
        prior = 1 / self.topic_variance
        return (mean * prior + others_net) / (prior + others), 1 / (prior + others)


def _weights(rows: _Rows, share: Numbers, n: Numbers, chance: Numbers) -> Numbers:
    """1 / variance of a share around its article, kind and topic; 0 without votes. The second pass knows the first."""
    weight = np.where(n > 0, 1 / (OWN_DEVIATION**2 + chance), 0.0)
    place, _ = _places(rows, _Sums.of(rows, share, weight))
    own = _own_variance(rows, share - place, weight, chance)
    return np.where(n > 0, 1 / (own + chance), 0.0)


def _places(rows: _Rows, sums: _Sums) -> tuple[Numbers, Numbers]:
    """What kind, and kind in its topic, add to a section's share; and its covariances per topic."""
    cross, toward = sums.cross(), sums.toward()
    general, unknown = _drawn(cross.sum(axis=0), toward.sum(axis=0), KIND_DEVIATION**2)
    by_topic = np.zeros((rows.topics, rows.kinds.size))
    np.add.at(by_topic, rows.topic_of, toward)
    rest = by_topic - cross @ general
    apart, apart_unknown = _drawn(cross, rest, _topic_kind_variance(cross, rest))
    return general[rows.kind] + apart[rows.topic_of[rows.article], rows.kind], unknown + apart_unknown


def _drawn(cross: Numbers, toward: Numbers, variance: float) -> tuple[Numbers, Numbers]:
    """Slopes drawn towards 0 by their variance, and what is not known of them: best linear prediction."""
    unknown = np.asarray(np.linalg.inv(cross + np.eye(cross.shape[-1]) / variance), dtype=np.float64)
    return np.squeeze(unknown @ toward[..., None], axis=-1), unknown


def _topic_kind_variance(cross: Numbers, toward: Numbers) -> float:
    """Variance of what topics add to kinds: `toward` has mean square trace(A) + variance × trace(A A)."""
    trace = np.maximum(np.trace(cross, axis1=1, axis2=2), 1e-300)
    excess = float(np.sum(np.sum(toward**2, axis=1) / trace - 1))
    return _settled(excess, float(np.sum(np.sum(cross**2, axis=(1, 2)) / trace)), TOPIC_KIND_DEVIATION)


def _own_variance(rows: _Rows, net: Numbers, weight: Numbers, chance: Numbers) -> float:
    """Variance of the sections' own parts, by the moments of what lies within articles.

    A section counts by the square of its weight, as in a likelihood: one with few votes says little of a variance.
    """
    total = np.bincount(rows.article, weight, rows.articles)
    part = weight / np.where(total > 0, total, 1.0)[rows.article]

    def of_residual(variance: Numbers) -> Numbers:
        of_mean = np.bincount(rows.article, part**2 * variance, rows.articles)[rows.article]
        return variance * (1 - 2 * part) + of_mean

    squares = (net - rows.mean(weight, net)[rows.article]) ** 2
    by = (weight * OWN_DEVIATION) ** 2
    return _settled(
        float(np.sum(by * (squares - of_residual(chance)))),
        float(np.sum(by * of_residual(np.ones_like(chance)))),
        OWN_DEVIATION,
    )


def _settled(excess: float, room: float, deviation: float) -> float:
    """A variance by moments, excess / room, with ten observations of the usual deviation beside it.

    They keep it from 0 where votes are few and the excess is chance; with some hundred sections they have no weight.
    """
    variance = deviation**2
    return max((excess + _USUAL) / (room + _USUAL / variance), variance / 100)


def _between_variances(rows: _Rows, net: Numbers, weight: Numbers) -> tuple[float, float]:
    """Variances of articles within their topic, and of topics."""
    sure = np.bincount(rows.article, weight, rows.articles)
    told = sure > 0
    level = rows.mean(weight, net)
    articles = _between(level[told], 1 / sure[told], rows.topic_of[told], ARTICLE_DEVIATION)
    exact = np.where(told, 1 / (articles + 1 / np.where(told, sure, 1.0)), 0.0)
    topic_sure = np.bincount(rows.topic_of, exact, rows.topics)
    topic_level = np.bincount(rows.topic_of, exact * level, rows.topics) / np.where(topic_sure > 0, topic_sure, 1.0)
    some = topic_sure > 0
    one_family = np.zeros(int(some.sum()), dtype=np.intp)
    return articles, _between(topic_level[some], 1 / topic_sure[some], one_family, TOPIC_DEVIATION)


def _between(value: Numbers, variance: Numbers, family: Codes, deviation: float) -> float:
    """Variance of true values around their family's mean, by moments and the usual deviation beside them."""
    members = np.bincount(family)
    mean = np.bincount(family, value) / np.maximum(members, 1)
    free = 1 - 1 / np.maximum(members, 1)[family]
    excess = float(np.sum((value - mean[family]) ** 2) - np.sum(free * variance)) / deviation**2
    return _settled(excess, float(free.sum()) / deviation**2, deviation)


def _chance_variance(x: Numbers, n: Numbers) -> Numbers:
    """Variance of a share by the chance of its votes, at the share of all votes; 0 without votes.

    Not at the section's own share: weights must not follow the very shares they weigh.
    """
    general = (x.sum() + 2) / (n.sum() + 4)
    return np.where(n > 0, general * (1 - general) / np.maximum(n, 1.0), 0.0)


def _beside(n: Numbers, rows: _Rows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Per kind the articles that have it and another kind with votes; and which articles those are."""
    has = np.zeros((rows.articles, rows.kinds.size), dtype=bool)
    has[rows.article[n > 0], rows.kind[n > 0]] = True
    beside = has.sum(axis=1) > 1
    counted: NDArray[np.int64] = has[beside].sum(axis=0).astype(np.int64)
    return counted, beside
