"""Contract: how an event looks. The only place that knows; pure, without I/O.

>>> raw = b'''{"specversion": "1.0", "id": "01JD", "source": "https://news.example/web",
...     "type": "feedback.vote.cast.v1", "time": "2026-11-23T10:15:30.123Z",
...     "data": {"article_id": "harbour-bridge", "reader_id": "r-7f3a", "vote": "useful"}}'''
>>> event = decode_event(raw, over_http=True)
>>> event.data.vote
'useful'
>>> stored = encode_for_log(event, reader_key(b"a secret of sixteen bytes or more", "r-7f3a"))
>>> decode_votes([stored, b"torn"]).bad[0].error.reason
<Reason.not_json: 'not_json'>
"""

from feedback_analytics.contract.answers import (
    AcceptedEvent,
    EventResult,
    EventsAnswer,
    Problem,
    ProblemError,
    RefusedEvent,
    plain_problem,
)
from feedback_analytics.contract.binary import unwrap
from feedback_analytics.contract.codec import (
    Bad,
    Decoded,
    DecodedArticles,
    DecodedVotes,
    decode_articles,
    decode_event,
    decode_votes,
    encode_article,
    encode_for_log,
    read_one,
    read_usual_votes,
)
from feedback_analytics.contract.events import (
    ANSWERS,
    EVENT_TYPES,
    MAX_EVENT_BYTES,
    ArticleData,
    ArticlePublished,
    Event,
    Section,
    SectionKind,
    Vote,
    VoteCast,
    VoteData,
    section_kind,
)
from feedback_analytics.contract.identity import (
    event_hash,
    event_hashes,
    reader_key,
    reader_keys,
    secret_fingerprint,
)
from feedback_analytics.contract.reading import Reading
from feedback_analytics.contract.reasons import Reason
from feedback_analytics.contract.reference import reference_files
from feedback_analytics.contract.times import MAX_CLOCK_AHEAD_US, time_us
from feedback_analytics.contract.topics import (
    ARTICLE_PUBLISHED,
    ARTICLES_TOPIC,
    VOTE_CAST,
    VOTES_TOPIC,
    dead_letter_topic,
    partition_of,
    partitions_of,
)

__all__ = [
    "ANSWERS",
    "ARTICLES_TOPIC",
    "ARTICLE_PUBLISHED",
    "EVENT_TYPES",
    "MAX_CLOCK_AHEAD_US",
    "MAX_EVENT_BYTES",
    "VOTES_TOPIC",
    "VOTE_CAST",
    "ArticleData",
    "ArticlePublished",
    "Bad",
    "Decoded",
    "DecodedArticles",
    "DecodedVotes",
    "Event",
    "Reading",
    "Reason",
    "Section",
    "SectionKind",
    "Vote",
    "VoteCast",
    "VoteData",
    "dead_letter_topic",
    "decode_articles",
    "decode_event",
    "decode_votes",
    "encode_article",
    "encode_for_log",
    "event_hash",
    "event_hashes",
    "partition_of",
    "partitions_of",
    "plain_problem",
    "read_one",
    "read_usual_votes",
    "reader_key",
    "reader_keys",
    "secret_fingerprint",
    "section_kind",
    "time_us",
    "AcceptedEvent",
    "EventResult",
    "EventsAnswer",
    "Problem",
    "ProblemError",
    "RefusedEvent",
    "reference_files",
    "unwrap",
]
