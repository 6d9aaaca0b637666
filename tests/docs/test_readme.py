"""What the documents say is so."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.folds import MOST_SAMPLES
from advisor.methods import METHODS
from advisor.use_case import Constraints
from service.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ALL = {p.name: p.read_text("utf-8") for p in ROOT.glob("*.md")} | {
    str(p.relative_to(ROOT)): p.read_text("utf-8") for p in (ROOT / "docs").rglob("*.md")
}


def table(after: str) -> list[list[str]]:
    """The rows of the first table after a heading or header cell."""
    lines = README[README.index(after) :].splitlines()
    start = next(i for i, line in enumerate(lines) if set(line) <= set("|- ") and "---" in line)
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_table_of_methods_is_the_list_of_methods() -> None:
    assert [(m.name, m.family) for m in METHODS] == [(row[0], row[1]) for row in table("| method | road")]


def test_the_table_of_presets_is_true() -> None:
    told = {row[0]: int(row[1].replace(",", "")) for row in table("| preset | samples scored")}
    assert told == MOST_SAMPLES


def test_constraints_and_settings_that_are_named_exist() -> None:
    named = re.search(r"Constraints \((.*?)\)", README, re.DOTALL)
    assert named is not None
    assert set(re.findall(r"`(\w+)`", named.group(1))) == set(Constraints.model_fields)
    for name in re.findall(r"TRIVIUM_(\w+)", README):
        assert name.lower() in Settings.model_fields


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for text in ALL.values():
        for name in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
            assert name in targets


def test_every_linked_file_exists() -> None:
    for name, text in ALL.items():
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in target:
                assert ((ROOT / name).parent / target).exists(), f"{name} links to {target}"


def test_every_document_is_in_their_index() -> None:
    index = ALL["docs/README.md"]
    pages = {
        name.removeprefix("docs/") for name in ALL if name.startswith("docs/") and "decisions" not in name
    }
    assert all(f"({page})" in index for page in pages - {"README.md"})


def test_rooms_that_are_drawn_exist() -> None:
    tree = README[README.index("## Rooms") :]
    for name in re.findall(r"^(\w+)/", tree, re.MULTILINE):
        assert (ROOT / name).is_dir()
