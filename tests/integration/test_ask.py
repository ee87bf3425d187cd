"""`feedback ask`: any question from the terminal, with what it takes to ask again; bad input gets a sentence."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from pyarrow import parquet

import feedback_analytics
from feedback_analytics.analytics import QUESTIONS, Lake
from feedback_analytics.cli import main
from feedback_analytics.dashboard import figure_of, figure_picture
from feedback_analytics.dashboard.themes import tokens
from feedback_analytics.errors import QueryError
from tests.support.asked import asked_house
from tests.support.house import House

Ask = Callable[..., str]
# Runs `feedback ask` with arguments; gives what it wrote to stdout.

OWN_OPTIONS = {"data", "config", "debug", "list", "explain", "format", "output", "raw", "help"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with asked_house(tmp_path_factory.mktemp("ask") / "data") as house:
        yield house


@pytest.fixture
def ask(house: House, capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["ask", *arguments, "--data", str(house.folder)])
        written = capsys.readouterr()
        assert ended.value.code in (0, None), written.err
        return written.out

    return run


@pytest.fixture
def complain(house: House, capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["ask", *arguments, "--data", str(house.folder)])
        written = capsys.readouterr()
        assert ended.value.code in (1, 2)
        assert written.out == ""
        assert len(written.err.splitlines()) == 1
        return written.err

    return run


@pytest.fixture(scope="module")
def lake(house: House) -> Iterator[Lake]:
    with feedback_analytics.connect(house.folder, time_zone="Europe/Berlin") as lake:
        yield lake


def test_the_list_names_every_question_with_the_sentence_it_answers(ask: Ask) -> None:
    listed = ask("--list")
    assert all(question.name in listed and question.asks in listed for question in QUESTIONS)


def test_a_question_explains_its_parameters_and_columns(ask: Ask) -> None:
    told = ask("ranking", "--explain")
    assert "--min-votes" in told and "articles, sections, kinds, topics, authors" in told
    assert "shrunk_share" in told


def test_no_parameter_has_the_name_of_an_option_of_the_command() -> None:
    assert not OWN_OPTIONS & {parameter.name for question in QUESTIONS for parameter in question.parameters}


def test_below_the_table_stand_period_time_zone_as_of_and_positions(ask: Ask) -> None:
    shown = ask("ranking", "--days", "30", "--min-votes=20")
    assert "flu-jabs" not in shown and "bridge" in shown
    assert re.search(r"Period: \S+ 00:00 to \S+ 00:00 \(UTC\)\. As of: .+ UTC\.", shown)
    found = re.search(r"--as-of '(.+)'", shown)
    assert found
    assert ask("ranking", "--days", "30", "--min-votes", "20", "--as-of", found[1]) == shown


def test_json_says_what_the_answer_was_made_from(ask: Ask, lake: Lake) -> None:
    told = json.loads(ask("ranking", "--ai", "yes", "--format", "json"))
    assert list(told) == [
        "question", "asked", "as_of", "positions", "since", "until", "time_zone", "notes", "columns", "rows",
    ]  # fmt: skip
    assert told["asked"]["ai"] is True
    in_python = lake.ask("ranking", ai=True)
    assert [row["votes"] for row in told["rows"]] == list(in_python["votes"])
    assert [column["name"] for column in told["columns"]] == list(in_python.columns)


def test_csv_is_safe_to_open_in_a_spreadsheet_unless_it_is_wanted_raw(ask: Ask) -> None:
    safe = rows(ask("ranking", "--format", "csv"))["bridge"]
    raw = rows(ask("ranking", "--format", "csv", "--raw"))["bridge"]
    assert (safe["title"], raw["title"]) == ("'=HYPERLINK(1)", "=HYPERLINK(1)")
    assert (safe["topic"], safe["votes"]) == ("'@Cities", "412")


def test_parquet_keeps_types_and_what_it_was_made_from(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "ranking.parquet"
    ask("ranking", "--format", "parquet", "--output", str(file))
    table = parquet.read_table(file)
    assert {str(table.schema.field(name).type) for name in ("group", "votes", "useful_share")} == {
        "string", "int64", "double",
    }  # fmt: skip
    assert json.loads(table.schema.metadata[b"feedback"])["question"] == "ranking"


def test_a_figure_is_one_file_that_needs_nothing_else(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "trend.html"
    ask("trend", "--format", "html", "--output", str(file))
    page = file.read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page and "(UTC), as of" in page and "as_of = " in page
    assert "<script src" not in page and "<link" not in page


@pytest.mark.browser
def test_a_picture_is_a_file_that_tells_what_it_was_made_from(ask: Ask, tmp_path: Path) -> None:
    png, svg = tmp_path / "ranking.png", tmp_path / "ranking.svg"
    ask("ranking", "--format", "png", "--output", str(png))
    # The signature of PNG, then its width and height: 960 pixels, doubled.
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(png.read_bytes()[at : at + 4], "big") for at in (16, 20))
    assert width == 1_920 and height > 500
    ask("ranking", "--min-votes", "20", "--format", "svg", "--output", str(svg))
    tree = ElementTree.parse(svg)
    told = " ".join("".join(text.itertext()) for text in tree.iter("{http://www.w3.org/2000/svg}text"))
    for part in ("do readers find most useful", "min_votes = 20: Rows with fewer votes", "as of", "The <b>strike"):
        assert part in told
    assert "412\xa0votes" in told and "8\xa0votes" not in told
    outside = {address for address in re.findall(r"https?://[^\"' <]+", svg.read_text()) if "www.w3.org" not in address}
    assert not outside


def test_without_chromium_a_picture_is_refused_with_the_remedy(
    complain: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trend.png"
    arguments = ["trend", "--format", "png", "--output", str(file)]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "it is not installed: run `apt install chromium`" in complain(*arguments)
    monkeypatch.setenv("BROWSER_PATH", "/no/browser")
    assert "BROWSER_PATH names /no/browser, which is no program" in complain(*arguments)
    # A program that is no browser.
    monkeypatch.setenv("BROWSER_PATH", "/bin/false")
    assert "/bin/false did not draw the figure" in complain(*arguments)
    assert not file.exists()


@pytest.mark.browser
def test_a_picture_can_be_made_where_an_event_loop_runs_already(lake: Lake) -> None:
    async def in_a_notebook() -> bytes:
        return figure_picture(lake.ask("trend", step="day"), "Trend", "svg", "dark")

    assert b"<svg" in asyncio.run(in_a_notebook())


def test_a_ranking_is_drawn_with_its_intervals_and_escapes_titles(lake: Lake) -> None:
    answer = lake.ask("ranking")
    reference, points = figure_of(answer).data
    np.testing.assert_allclose(points.x[::-1], 100 * answer["useful_share"])
    np.testing.assert_allclose((points.x + points.error_x.array)[::-1], 100 * answer["running_high"])
    np.testing.assert_allclose(reference.x, 100 * answer["reference_share"].iloc[0])
    names = figure_of(answer).layout.yaxis.ticktext
    assert "The &lt;b&gt;strike" in names


def test_only_a_verdict_fills_and_colours_the_mark_of_a_ranking(lake: Lake) -> None:
    answer = lake.ask("ranking")
    figure = figure_of(answer)
    marker, token = figure.data[1].marker, tokens("light")
    for verdict, fill, line in zip(answer["verdict"][::-1], marker.color, marker.line.color, strict=True):
        ink = token[verdict] if verdict in ("better", "worse") else token["data"]
        assert (fill, line) == (token["surface"] if verdict in ("unsure", "too_few") else ink, ink)
    assert {"better", "worse", "unsure"} & set(answer["verdict"])
    beside = [note.text for note in figure.layout.annotations]
    assert beside[::-1] == [f"{votes}\u00a0votes" for votes in answer["votes"]]


def test_the_trend_of_one_article_marks_where_a_version_came_out(lake: Lake) -> None:
    figure = figure_of(lake.ask("trend", article_id="bridge", step="day"))
    assert [note.text for note in figure.layout.annotations][2:] == ["new version"]
    assert len(figure.layout.shapes) == 1
    assert not figure_of(lake.ask("trend", step="day")).layout.shapes


def test_a_trend_is_drawn_on_the_newsrooms_clock(lake: Lake) -> None:
    figure = figure_of(lake.ask("trend", step="day"))
    assert isinstance(figure, go.Figure)
    assert set(pd.DatetimeIndex(figure.data[1].x).hour) == {0}


@pytest.mark.parametrize(("question", "told"), [("ledger", "These have: trend, ranking"), ("ranking", "no rows")])
def test_what_cannot_be_drawn_is_said(lake: Lake, question: str, told: str) -> None:
    answer = lake.ask(question, **({"topic": "none"} if question == "ranking" else {}))
    with pytest.raises(QueryError, match=told):
        figure_of(answer)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rankin"], "Did you mean ranking?"),
        (["ranking", "--min-vote", "3"], "Did you mean min_votes?"),
        (["ranking", "--of", "sektions"], "articles, sections, kinds, topics, authors"),
        (["ranking", "--days", "soon"], "a number of days from 1 to 36,500, or all"),
        (["ranking", "--since", "2026-11-02", "--until", "2026-11-01"], "before it begins"),
        (["ranking", "--as-of", "yesterday"], "the positions that an answer names"),
        (["ranking", "--days"], "--days needs a value"),
        (["ranking", "30"], "--NAME VALUE"),
        (["ranking", "--days", "3", "--days", "4"], "given twice"),
        (["ranking", "--format", "parquet"], "needs --output FILE"),
        (["ranking", "--format", "png"], "needs --output FILE"),
        (["ledger", "--format", "png", "--output", "x.png"], "ledger has no figure. These have: trend, ranking."),
        ([], "feedback ask --list"),
    ],
)
def test_bad_input_gets_one_line_naming_what_is_allowed(complain: Ask, arguments: list[str], told: str) -> None:
    assert told in complain(*arguments)


def test_text_that_looks_like_sql_is_a_value_like_any_other(ask: Ask) -> None:
    told = json.loads(ask("ranking", "--topic", "Cities'; drop table votes", "--format", "json"))
    assert [row["article_id"] for row in told["rows"]] == ["rail/strike & <b>"]


def rows(text: str) -> dict[str, dict[str, Any]]:
    return {row["article_id"]: row for row in csv.DictReader(io.StringIO(text))}
