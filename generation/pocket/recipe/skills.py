"""Measure a model's skills on the fixed cases of skills.jsonl, beside random weights: the model card's table.

python -m generation.pocket.recipe.skills [FOLDER]
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from rich.console import Console

from generation.language_model import LanguageModel, Request
from generation.messages import Message
from generation.pocket.recipe import extraction, facts, labelling, needles, prose
from generation.pocket.recipe.episode import Episode
from generation.pocket.recipe.mixture import Maker
from generation.pocket.recipe.natural.episodes import natural_questions
from generation.prompts import UNKNOWN

CASES = Path(__file__).parent / "skills.jsonl"
PER_SKILL = 100
SKILLS: dict[str, Maker] = {
    "questions": partial(facts.questions, held_out=True, dense=1),
    "unknown": partial(facts.unanswerable, held_out=True, dense=1),
    "json": partial(extraction.fields, held_out=True, dense=1),
    "labels": partial(labelling.by_keywords, held_out=True, labels=3, shots=2),
    "meaning": partial(labelling.by_meaning, held_out=True, labels=3, shots=2),
    "cloze": partial(prose.cloze, held_out=True, gaps=1, known=True),
    "needles": partial(needles.facts_in_prose, held_out=True, dense=1),
    "natural": partial(natural_questions, held_out=True, dense=1),
}


def write_cases() -> None:
    """Draw the fixed cases: held-out templates, entities and sentences."""
    with CASES.open("w", encoding="utf-8") as out:
        for skill, maker in SKILLS.items():
            rng = Random(f"card {skill}")
            found = 0
            while found < PER_SKILL:
                case = maker(rng)
                if skill in ("questions", "needles", "natural") and case.answer == UNKNOWN:
                    continue
                found += 1
                row = {"skill": skill, "messages": [m.as_dict() for m in case.messages]}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_cases() -> list[Episode]:
    """The fixed cases."""
    rows = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    return [Episode(r["skill"], tuple(Message(**m) for m in r["messages"])) for r in rows]


def measure(model: LanguageModel) -> dict[str, float]:
    """Share of right answers per skill (JSON also as field F1), 0 to 1."""
    cases = read_cases()
    said = model.generate([Request(c.messages[:-1], max_tokens=80) for c in cases])
    right: dict[str, list[bool]] = {}
    fields = [0, 0, 0]
    for case, answer in zip(cases, said, strict=True):
        right.setdefault(case.skill, []).append(answer.text.strip() == case.answer)
        if case.skill == "json":
            got, wanted = _pairs(answer.text), _pairs(case.answer)
            fields = [a + b for a, b in zip(fields, (len(got & wanted), len(got), len(wanted)), strict=True)]
    table = {skill: sum(marks) / len(marks) for skill, marks in right.items()}
    return table | {"json field F1": 2 * fields[0] / max(fields[1] + fields[2], 1)}


def _pairs(text: str) -> set[tuple[str, str]]:
    try:
        found = json.loads(text)
    except ValueError:
        return set()
    return {(k, str(v)) for k, v in found.items()} if isinstance(found, dict) else set()


def random_twin(folder: Path, home: Path) -> Path:
    """The same tokenizer and shape with random weights: what the training is worth."""
    from transformers import AutoConfig, AutoTokenizer, LlamaForCausalLM, set_seed

    set_seed(0)
    LlamaForCausalLM(AutoConfig.from_pretrained(folder)).save_pretrained(home)
    AutoTokenizer.from_pretrained(folder).save_pretrained(home)
    return home


def main() -> None:
    """Measure the folder and its random twin; print a Markdown table."""
    from generation.transformers_model import TransformersModel

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent.parent)
    given = parser.parse_args()
    trained = measure(TransformersModel("pocket", given.folder))
    with TemporaryDirectory() as home:
        random = measure(TransformersModel("random", random_twin(given.folder, Path(home))))
    console = Console()
    console.print("| skill | Pocket | random weights |\n| --- | --- | --- |")
    for skill, share in trained.items():
        console.print(f"| {skill} | {share:.0%} | {random[skill]:.0%} |")


if __name__ == "__main__":
    main()
