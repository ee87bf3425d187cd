"""What is written in the repository: SQL files open with their contract, and no file holds what belongs elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.rooms import ROOT, SOURCE

QUESTIONS = sorted([*SOURCE.glob("store/views/*.sql"), *SOURCE.glob("analytics/queries/*.sql")])
ALL_SQL = sorted(SOURCE.rglob("*.sql"))
# Words of a package registry's address, in pieces so that this file does not hold what it forbids.
REGISTRIES = ["index" + "-url", "extra" + "-index", "pypi" + ".org", "registry." + "npmjs", "files.python" + "hosted"]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """Every tracked file that is text, and its text."""
    found = []
    for path in tracked_files():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.name)
def test_a_sql_file_opens_with_the_question_it_answers_its_columns_and_what_it_reads(file: Path) -> None:
    header = re.match(r"(--.*\n)+", file.read_text(encoding="utf-8"))
    assert header, f"{file} has no header"
    first, *rest = header[0].splitlines()
    assert re.fullmatch(rf"-- {file.stem}: .+[?.]", first), f"{file} does not begin with its name and its question"
    columns = [line for line in rest if re.match(r"--   \w+ {2,}\S+", line)]
    assert columns, f"the header of {file} lists no columns"
    assert any(line.startswith("-- Reads: ") for line in rest), f"the header of {file} does not say what it reads"


@pytest.mark.parametrize("file", ALL_SQL, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_sql_begins_with_a_sentence_and_binds_its_parameters(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("-- "), f"{file} does not say what it is for"
    assert text.endswith("\n")
    assert "%s" not in text and "{" not in text, f"{file} has a place for pasted text; bind a parameter"


def test_no_file_names_a_package_registry() -> None:
    named = [f"{path.relative_to(ROOT)}: {word}" for path, text in texts() for word in REGISTRIES if word in text]
    assert named == []


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    folders = [f"{folder}/" for folder in (ROOT, Path.home()) if len(folder.parts) > 1]
    named = [f"{path.relative_to(ROOT)}: {folder}" for path, text in texts() for folder in folders if folder in text]
    assert named == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [path for path in tracked_files() if path.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert broken == []
