"""Notebooks run from top to bottom on a real store, and end in numbers that are those of analytics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from feedback_analytics.analytics import MIN_VOTES, Lake
from feedback_analytics.store import open_reader
from tests.support.house import House
from tests.support.newsroom import STORIES, publish, vote

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
CHART = "application/vnd.plotly.v1+json"
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:jupyter_client",  # its own use of its own settings
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    now = datetime.now(UTC)
    with House(tmp_path_factory.mktemp("newsroom")) as house:
        publish(house, STORIES, now)
        vote(house, STORIES, now)
        house.process_all()
        yield house


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.get("outputs", []) for cell in cells if cell.cell_type == "code" and cell.outputs] == []


def test_from_connect_to_chart_ends_in_the_numbers_of_analytics(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cells = run("01-from-connect-to-chart.ipynb", house, monkeypatch, tmp_path)
    assert any(CHART in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    sentence = cells[-2].outputs[0].text
    with Lake(open_reader(house.settings)) as lake:
        total = lake.ask("overview", days="all").set_index("target").loc["article"]
        articles = lake.ask("ranking", days="all")
    told = articles[articles["votes"] >= MIN_VOTES]
    typical = told["reference_share"].iloc[0]
    best = told.loc[told["useful_share"].idxmax()]
    assert numbers_of(sentence) == [
        f"{total['votes']:,.0f}",
        f"{total['targets']:.0f}",
        f"{total['useful_share']:.1%}",
        str((told["useful_share_low"] > typical).sum()),
        f"{typical:.1%}",
        str((told["useful_share_high"] < typical).sum()),
        f"{best['useful_share']:.1%}",
        f"{best['votes']:,}",
        f"{best['useful_share_low']:.1%}",
        f"{best['useful_share_high']:.1%}",
    ]
    assert best["title"] in sentence


def test_ranking_with_few_votes_ends_in_the_verdicts_of_the_question(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sentence = run("02-ranking-with-few-votes.ipynb", house, monkeypatch, tmp_path)[-2].outputs[0].text
    with Lake(open_reader(house.settings)) as lake:
        ranking = lake.ask("ranking", days="all")
    verdicts = ranking["verdict"].value_counts()
    best = ranking.iloc[0]
    assert numbers_of(sentence) == [
        str(len(ranking)),
        str(verdicts["better"]),
        str(verdicts["worse"]),
        f"{best['reference_share']:.1%}",
        str(verdicts["unsure"]),
        str(verdicts["too_few"]),
        f"{best['shrunk_share']:.1%}",
        f"{best['votes']:,}",
    ]
    assert best["title"] in sentence


def test_what_makes_sections_useful_ends_in_the_section_to_rewrite_first(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cells = run("03-what-makes-sections-useful.ipynb", house, monkeypatch, tmp_path)
    assert any(CHART in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    with Lake(open_reader(house.settings)) as lake:
        sections = lake.ask("section_map", days="all")
    first = sections.iloc[0]
    assert first["heading"] == "What’s Next?"
    assert numbers_of(cells[-2].outputs[0].text) == [
        str((sections["verdict"] == "worse").sum()),
        str(len(sections)),
        f"{first['useful_share']:.1%}",
        f"{first['votes']:,}",
        f"{first['expected_share']:.1%}",
        f"{first['sure_gap']:.1%}",
    ]


def test_did_the_rewrite_help_ends_in_the_difference_between_the_versions(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sentence = run("04-did-the-rewrite-help.ipynb", house, monkeypatch, tmp_path)[-2].outputs[0].text
    with Lake(open_reader(house.settings)) as lake:
        effects = lake.ask("edit_effect", article_id="harbour-tunnel", days="all")
    told = effects[effects["difference"].notna()]
    whole = told[told["section_id"].isna()].iloc[0]
    assert numbers_of(sentence) == [
        str(len(told)),
        str((told["difference_low"] > 0).sum()),
        str((told["difference_high"] < 0).sum()),
        "2",
        f"{whole['useful_before'] / whole['votes_before']:.1%}",
        f"{whole['votes_before']:,}",
        f"{whole['useful'] / whole['votes']:.1%}",
        f"{whole['votes']:,}",
        f"{abs(whole['difference_low']):.1%}",
        f"{abs(whole['difference_high']):.1%}",
    ]


def run(name: str, house: House, monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[nbformat.NotebookNode]:
    """The cells of the notebook after it ran; the house stays open, as a service would."""
    path = next(path for path in NOTEBOOKS if path.name == name)
    notebook = nbformat.read(path, as_version=4)
    monkeypatch.setenv("FEEDBACK_DATA_DIR", str(house.folder))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    assert errors == []
    return list(notebook.cells)


def numbers_of(sentence: str) -> list[str]:
    return re.findall(r"\d[\d,]*(?:\.\d+)?%?", sentence)
