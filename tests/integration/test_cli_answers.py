"""The commands that ask the store, on one prepared data directory: SQL, the ledger, dead letters, positions, upkeep."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet
import pytest

from feedback_analytics.contract import VOTES_TOPIC
from tests.support.builders import a_vote, an_article
from tests.support.commands import Told, as_lines, feedback, write_to_log

VOTED_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
EVERY_KIND = (
    "select 1 as whole, 1.50::decimal(9, 2) as exact, [1, 2] as listed, {'a': 1} as nested, 'x'::blob as bytes, "
    "interval 1 day as span, null as nothing, timestamptz '2026-11-20 10:00:00+00' as at, 'nan'::double as broken"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five votes on two articles, one of which was announced, and two dead letters."""
    folder = tmp_path_factory.mktemp("answers") / "data"
    votes = [a_vote("a1", reader=f"r{number}", useful=number > 0, at=VOTED_AT) for number in range(4)]
    events = [*votes, a_vote("a2", at=VOTED_AT), an_article("a1", title="The bridge reopens", at=VOTED_AT)]
    assert feedback("import", "-", "--data", folder, given=as_lines(events)).code == 0
    write_to_log(folder, VOTES_TOPIC, 0, b"no event at all")
    write_to_log(folder, VOTES_TOPIC, 1, as_lines([a_vote(vote="maybe", reader="hidden-reader")]).strip())
    told = feedback("worker", "--until-caught-up", "--data", folder)
    assert told.code == 0, told
    return folder


def sql(data: Path, query: str, *options: object) -> Told:
    return feedback("sql", query, "--data", data, *options)


def test_sql_answers_as_a_table_for_people(data: Path) -> None:
    told = sql(data, "select article_id, votes from mart.article_usefulness order by votes desc")
    assert (told.code, told.error) == (0, "")
    assert [line.split("│")[1:3] for line in told.out.splitlines() if "│" in line] == [
        [" a1         ", " 4     "],
        [" a2         ", " 1     "],
    ]


def test_csv_is_safe_to_open_in_a_spreadsheet_unless_asked_for_as_it_is(data: Path) -> None:
    query = "select '=1+1' as told, -1 as number"
    assert sql(data, query, "--format", "csv").out == '"told","number"\n"\'=1+1",-1\n'
    assert sql(data, query, "--format", "csv", "--raw").out == '"told","number"\n"=1+1",-1\n'


def test_csv_has_a_header_line_and_holds_every_kind_of_value(data: Path) -> None:
    told = sql(data, EVERY_KIND, "--format", "csv")
    assert told.code == 0, told
    header, row = told.out.splitlines()
    assert header == '"whole","exact","listed","nested","bytes","span","nothing","at","broken"'
    assert row.startswith('1,"1.50","[1, 2]","{\'a\': 1}","x",')
    assert row.endswith(",,2026-11-20 10:00:00.000000Z,nan")


def test_json_keeps_lists_and_objects_and_the_digits_of_decimals(data: Path) -> None:
    [row] = json.loads(sql(data, EVERY_KIND, "--format", "json").out)
    expected = {"whole": 1, "exact": "1.50", "listed": [1, 2], "nested": {"a": 1}, "bytes": "x", "nothing": None}
    assert {name: row[name] for name in expected} == expected


def test_answers_go_into_a_file(data: Path, tmp_path: Path) -> None:
    query = "select article_id, votes from mart.article_usefulness order by article_id"
    expected = [{"article_id": "a1", "votes": 4}, {"article_id": "a2", "votes": 1}]
    for form in ("parquet", "json", "csv"):
        told = sql(data, query, "--format", form, "--output", tmp_path / form)
        assert told == Told(0, "", "")
    assert pyarrow.parquet.read_table(tmp_path / "parquet").to_pylist() == expected
    assert json.loads((tmp_path / "json").read_bytes()) == expected
    assert (tmp_path / "csv").read_text() == '"article_id","votes"\n"a1",4\n"a2",1\n'


@pytest.mark.parametrize(
    ("query", "piece"),
    [
        ("selekt 1", 'syntax error at or near "selekt"'),
        ("from nothing", "nothing does not exist! Did you mean"),
        ("select nothing from mart.votes", "`from mart.data_dictionary` lists all views and columns."),
        ("", "one SELECT at a time"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_in_one_line(data: Path, query: str, piece: str) -> None:
    assert sql(data, query).is_refusal(piece)


@pytest.mark.parametrize(
    "query",
    ["delete from raw.votes", "drop view mart.votes", "select 1; delete from raw.votes", "copy (select 1) to 'x.csv'"],
)
def test_sql_that_writes_is_refused(data: Path, query: str) -> None:
    assert sql(data, query).is_refusal("the store answers one SELECT at a time", "it cannot be changed here")


def test_sql_reads_no_other_file_of_the_machine(data: Path) -> None:
    assert sql(data, "from read_csv('/etc/passwd')").is_refusal("file system operations are disabled")


def test_a_form_that_cannot_be_given_is_refused(data: Path, tmp_path: Path) -> None:
    assert sql(data, "select 1", "--format", "parquet").is_refusal("parquet needs --output FILE", code=2)
    assert sql(data, "select 1", "--format", "xml").is_refusal("'xml' is not one of 'table', 'csv'", code=2)
    assert sql(data, "select 1 a, 2 a", "--format", "json").is_refusal("two columns are named a", "Name them apart")
    output = tmp_path / "none" / "x"
    assert sql(data, "select 1", "--format", "parquet", "--output", output).is_refusal(f"cannot use {output}: No such")


def test_the_trace_of_an_error_is_shown_with_debug_only(data: Path) -> None:
    told = sql(data, "selekt 1", "--debug")
    assert told.code == 1
    assert told.error.startswith("Traceback (most recent call last)")


def test_articles_lists_those_that_have_votes(data: Path) -> None:
    told = feedback("articles", "--data", data, "--format", "csv")
    assert [line.split(",")[:4] for line in told.out.splitlines()[1:]] == [
        ['"a1"', '"The bridge reopens"', "4", "3"],
        ['"a2"', "", "1", "1"],
    ]


def test_the_ledger_holds_and_says_so(data: Path) -> None:
    told = feedback("ledger", "--data", data)
    assert told.code == 0, told
    assert told.out == ("8 received = 6 stored + 0 duplicate + 2 dead + 0 moved\nThe ledger holds.\n")
    document = json.loads(feedback("ledger", "--data", data, "--json").out)
    assert document["holds"] and document["totals"]["received"] == 8


def test_the_ledger_finds_each_receipt_of_an_emitter_or_says_that_it_is_lost(data: Path, tmp_path: Path) -> None:
    receipts = tmp_path / "receipts"
    receipts.write_text(f"topic,partition,offset\n{VOTES_TOPIC},0,0\n")
    assert feedback("ledger", "--receipts", receipts, "--data", data).code == 0
    receipts.write_text(json.dumps({"topic": VOTES_TOPIC, "partition": 0, "offset": 999}))
    told = feedback("ledger", "--receipts", receipts, "--data", data)
    assert told.code == 1
    assert f"does not hold: {VOTES_TOPIC}[0]@999 was accepted and is lost." in told.out


@pytest.mark.parametrize("content", [b"rubbish", b"\xff\xfe", b'{"topic": 1}'])
def test_a_file_that_holds_no_receipts_is_refused_with_its_line(data: Path, tmp_path: Path, content: bytes) -> None:
    receipts = tmp_path / "receipts"
    receipts.write_bytes(content)
    assert feedback("ledger", "--receipts", receipts, "--data", data).is_refusal(f"{receipts}: line 1 is no receipt")


def letters(data: Path) -> dict[str, str]:
    """Id of each dead letter by its reason."""
    told = feedback("dead-letters", "list", "--format", "json", "--data", data)
    return {row["reason"]: row["dead_letter_id"] for row in json.loads(told.out)}


def test_dead_letters_are_listed_and_shown_without_the_id_of_a_reader(data: Path) -> None:
    found = letters(data)
    assert found.keys() == {"not_json", "unknown_value"}
    told = feedback("dead-letters", "show", found["unknown_value"], "--data", data)
    assert '\\"maybe\\"' in told.out and "hidden-reader" not in told.out
    sealed = feedback("dead-letters", "show", found["not_json"], "--data", data)
    assert "(sealed: it may hold a reader's id)" in sealed.out


def test_replay_reports_those_that_are_still_no_events(data: Path) -> None:
    told = feedback("dead-letters", "replay", "--reason", "not_json", "--data", data)
    assert told.code == 0, told
    assert told.out.startswith("0 sent again, 1 still dead\n")
    assert letters(data)["not_json"] in told.out


def test_a_dead_letter_or_reason_that_does_not_exist_is_refused(data: Path) -> None:
    assert feedback("dead-letters", "show", "none", "--data", data).is_refusal(
        "no dead letter none", "dead-letters list"
    )
    assert feedback("dead-letters", "replay", "none", "--data", data).is_refusal("there is no dead letter none")
    told = feedback("dead-letters", "replay", "--reason", "not_jsn", "--data", data)
    assert told.is_refusal("'not_jsn' is no reason. Did you mean not_json?", code=2)


def test_positions_show_how_far_the_store_is(data: Path) -> None:
    rows = json.loads(feedback("positions", "list", "--json", "--data", data).out)
    assert len(rows) == 8 and {row["lag_records"] for row in rows} == {0}
    assert sum(row["next_offset"] for row in rows) == 8
    assert {row["worker"] for row in rows} == {"worker-1"}


def test_a_loss_is_accepted_only_where_there_is_one(data: Path) -> None:
    accept = ("positions", "accept-loss", "--data", data)
    assert feedback(*accept, VOTES_TOPIC, 0).is_refusal(f"nothing of {VOTES_TOPIC}[0] is lost", "positions list")
    assert feedback(*accept, VOTES_TOPIC, 9).is_refusal("has partitions 0 to 3; there is no 9")
    assert feedback(*accept, "nothing", 0).is_refusal("there is no topic nothing")
    assert feedback(*accept, VOTES_TOPIC, "x").is_refusal("PARTITION", code=2)


def test_a_store_of_another_log_is_shown_and_goes_on_once_the_loss_is_accepted(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    shutil.rmtree(copy / "log")
    rows = json.loads(feedback("positions", "list", "--json", "--data", copy).out)
    assert {row["lag_records"] for row in rows} == {None}
    told = feedback("positions", "accept-loss", VOTES_TOPIC, 0, "--data", copy)
    assert told.code == 0, told
    assert f"{VOTES_TOPIC}[0] goes on at 0" in told.out


def test_maintenance_says_what_it_did(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    for turn in range(2):  # each is too small to make a file of its own
        votes = [a_vote("a3", reader=f"{turn}-{number}", at=VOTED_AT) for number in range(60)]
        assert feedback("import", "-", "--data", copy, given=as_lines(votes)).code == 0
        assert feedback("worker", "--until-caught-up", "--data", copy).code == 0
    told = feedback("maintenance", "run", "--data", copy)
    assert told.code == 0, told
    assert "wrote 125 inlined rows of votes to a file" in told.out
    assert feedback("ledger", "--data", copy).code == 0


def test_every_command_names_the_place_where_there_is_no_store(tmp_path: Path) -> None:
    for command in (("sql", "select 1"), ("ledger",), ("dead-letters", "list"), ("maintenance", "run")):
        told = feedback(*command, "--data", tmp_path / "none")
        assert told.is_refusal(f"no catalog at {tmp_path}/none/lake/catalog.sqlite", "feedback serve")
    assert not (tmp_path / "none").exists()
