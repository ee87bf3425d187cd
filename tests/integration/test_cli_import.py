"""`feedback import` as its user runs it: what it takes, what it refuses, and what it leaves behind."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.support.builders import a_vote
from tests.support.commands import Told, as_lines, feedback

LINE_BYTES = 100_000


def votes(count: int) -> bytes:
    return as_lines(a_vote(reader=f"r{number}") for number in range(count))


def counts(told: Told) -> dict[str, int]:
    return {name: int(number) for name, number in re.findall(r"^ *(\w+) (\d+)$", told.out, re.MULTILINE)}


def test_the_good_lines_of_a_file_are_taken_and_the_others_are_kept_with_their_reasons(tmp_path: Path) -> None:
    bad = [b"not json", b"x" * LINE_BYTES, b'{"id": "\xff\xfe"}', as_lines([a_vote(vote="maybe")]).strip()]
    file = tmp_path / "votes.ndjson"
    file.write_bytes(votes(2) + b"\n" + b"\n".join(bad) + b"\r\n" + votes(1).strip())
    told = feedback("import", file, "--errors", tmp_path / "refused", "--data", tmp_path / "data")
    assert (told.code, told.error) == (0, "")
    assert counts(told) == {
        "accepted": 3,
        "refused": 4,
        "bad_utf8": 1,
        "not_json": 1,
        "too_large": 1,
        "unknown_value": 1,
    }
    kept = [json.loads(line) for line in (tmp_path / "refused").read_text().splitlines()]
    assert [(one["line"], one["reason"], one["field"]) for one in kept] == [
        (4, "not_json", ""),
        (5, "too_large", ""),
        (6, "bad_utf8", ""),
        (7, "unknown_value", "data.vote"),
    ]
    assert kept[0]["raw"] == "not json" and "raw_base64" in kept[2]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_events_come_from_stdin_plain_or_gzipped(tmp_path: Path, pack: type[bytes]) -> None:
    told = feedback("import", "-", "--data", tmp_path / "data", given=pack(votes(3)))
    assert (told.code, counts(told)) == (0, {"accepted": 3, "refused": 0})


def test_a_gzipped_file_that_is_cut_off_is_taken_up_to_the_last_line_it_holds(tmp_path: Path) -> None:
    whole = gzip.compress(votes(3000))
    file = tmp_path / "votes.ndjson.gz"
    file.write_bytes(whole[: len(whole) // 2])
    told = feedback("import", file, "--data", tmp_path / "data")
    assert told.code == 1
    found = re.search(
        rf"{file} is damaged after line (\d+): .*importing the whole file again later is safe", told.error
    )
    assert found, told
    assert counts(told) == {"accepted": int(found[1]), "refused": 0}
    file.write_bytes(whole)
    assert counts(feedback("import", file, "--data", tmp_path / "data")) == {"accepted": 3000, "refused": 0}
    assert feedback("worker", "--until-caught-up", "--data", tmp_path / "data").code == 0
    assert feedback(
        "sql", "select count(*) as n from mart.votes", "--format", "csv", "--data", tmp_path / "data"
    ).out == ('"n"\n3000\n')


def test_a_file_that_only_claims_to_be_gzipped_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "votes.gz"
    file.write_bytes(b"\x1f\x8bthis is no gzip")
    told = feedback("import", file, "--data", tmp_path / "data")
    assert told.code == 1
    assert f"{file} is damaged after line 0" in told.error


def test_nothing_is_imported_when_one_of_the_files_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "votes.ndjson").write_bytes(votes(1))
    for missing, why in ((tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory")):
        told = feedback("import", tmp_path / "votes.ndjson", missing, "--data", tmp_path / "data")
        assert told.is_refusal(f"cannot read {missing}: {why}. Nothing was imported.")
    assert not (tmp_path / "data").exists()


def test_the_file_for_refused_lines_cannot_be_one_that_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "votes.ndjson"
    file.write_bytes(votes(1))
    told = feedback("import", file, "--errors", file, "--data", tmp_path / "data")
    assert told.is_refusal("--errors", "would be overwritten", code=2)
    assert file.read_bytes().count(b"\n") == 1


def test_an_errors_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "votes.ndjson").write_bytes(votes(1))
    told = feedback(
        "import", tmp_path / "votes.ndjson", "--errors", tmp_path / "none" / "e", "--data", tmp_path / "data"
    )
    assert told.is_refusal(f"cannot use {tmp_path / 'none' / 'e'}: No such file or directory. Check the path")
