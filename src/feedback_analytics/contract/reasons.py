"""Why an event is refused or becomes a dead letter: a closed set of words, each with its sentence."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an event or a request was refused."""

    sentence: str

    def __new__(cls, word: str, sentence: str = "") -> Reason:
        member = str.__new__(cls, word)
        member._value_ = word
        member.sentence = sentence
        return member

    # The bytes
    too_large = "too_large", "The event or the request is larger than allowed."
    bad_utf8 = "bad_utf8", "The bytes are not UTF-8."
    not_json = "not_json", "The bytes are not one JSON value."
    too_deep = "too_deep", "Arrays and objects are nested too deeply."
    # The envelope
    unknown_type = "unknown_type", "The event's type is none that this service knows."
    unsupported_version = "unsupported_version", "The event has a major version that this release does not know."
    wrong_topic = "wrong_topic", "The event's type does not belong on this topic."
    # The fields
    missing_field = "missing_field", "A required field is missing."
    wrong_type = "wrong_type", "A field has another JSON type than the contract says."
    unknown_value = "unknown_value", "A field holds a word outside its closed list."
    empty = "empty", "A text that must not be empty is empty."
    too_long = "too_long", "A text or list is longer than allowed."
    out_of_range = "out_of_range", "A number or time lies outside its range."
    control_character = "control_character", "A text holds a control character."
    lone_surrogate = "lone_surrogate", "A text holds half of a surrogate pair, which is no character."
    repeated = "repeated", "A value that must be unique occurs twice."
    bad_time = "bad_time", "A time is not RFC 3339 with date, time and zone."
    clock_ahead = "clock_ahead", "The event's time is too far ahead of the server's clock."
    # The reader
    reader_missing = "reader_missing", "A vote names no reader."
    reader_twice = "reader_twice", "A vote has both reader_id and reader_key; it may have one."
    bad_reader_key = "bad_reader_key", "A reader_key is not 32 lower-case hex digits."
    reader_key_refused = "reader_key_refused", "Over HTTP a reader is named by reader_id only."
    # The request
    too_many = "too_many", "The request holds more events than allowed."
    no_events = "no_events", "The request holds no event."
    bad_encoding = "bad_encoding", "The body cannot be unpacked as its Content-Encoding says."
    unsupported_media = "unsupported_media", "The request's media type or encoding is none that is taken."
    origin_refused = "origin_refused", "Pages of this origin may not send events here."
    incomplete = "incomplete", "The request ended before its body was complete."
    busy = "busy", "The log cannot take more at the moment; try again."
