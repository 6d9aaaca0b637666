"""Do published findings about prompting, retrieval and fine-tuning hold here? Theirs beside ours.

python -m benchmarks.directions [--model pocket] [--seeds 3] [--stations 24] [--tests 60] [--out DIR]

Two experiments: facts that no model can know, made anew for each seed, and the tickets of
examples/ticket_routing with ever more labels. Everything is trained and asked through the adviser's own
methods. What was measured is kept under --out, by the model's contents; prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from tempfile import TemporaryDirectory

from rich.console import Console

from advisor.answering import Answerer
from advisor.estimate import situation_of
from advisor.files import write_atomically
from advisor.measure import open_corpus
from advisor.methods import BY_NAME, Training
from advisor.methods.rag import PASSAGES
from advisor.use_case import Sample, UseCase, check
from advisor.use_case_files import load_use_case, read_rows
from advisor.workbench import Workbench
from generation.fingerprint import folder_hash
from service.settings import Settings
from service.wiring import build_workbench

TICKETS = Path(__file__).parents[1] / "examples" / "ticket_routing"
ASKED = {
    "leader": ("Who leads {}?", "Who is {} led by?"),
    "river": ("What river flows past {}?", "Which river does {} lie on?"),
    "metal": ("What metal is mined at {}?", "What does the mine of {} yield?"),
}
"""A wording to learn from, and one to be tested with."""
FACT_SCORES = ("base", "rag", "tuned", "tuned + rag", "plain lora + rag", "raft + rag")
Scores = Mapping[str, float]
console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Direction:
    """A published finding and the same thing here."""

    source: str
    finding: str
    theirs: str
    larger: str
    """The score that should be larger than the other one, or as large."""
    smaller: str

    def line(self, runs: Sequence[Scores]) -> str:
        """Ours beside theirs."""
        ours = " against ".join(
            f"{100 * fmean(r[name] for r in runs):.0f}" for name in (self.larger, self.smaller)
        )
        held = sum(r[self.larger] >= r[self.smaller] for r in runs)
        named = f"{self.larger} against {self.smaller}: {ours}"
        return f"| {self.source} | {self.finding} | {self.theirs} | {named} | {held} of {len(runs)} |"


FACTS = (
    Direction("Ovadia 2023", "new facts: fine-tuning helps", "59 against 48", "tuned", "base"),
    Direction("Ovadia 2023", "new facts: retrieval beats fine-tuning", "88 against 59", "rag", "tuned"),
    Direction("Ovadia 2023", "fine-tuning on top of it adds nothing", "88 against 83", "rag", "tuned + rag"),
    Direction(
        "RAFT 2024",
        "trained with distractors, it beats plain LoRA + RAG",
        "35 against 4 (Hotpot)",
        "raft + rag",
        "plain lora + rag",
    ),
    Direction(
        "Soudani 2024", "small models gain from fine-tuning + RAG", "62 against 48 (80M)", "raft + rag", "rag"
    ),
)
LABELS = (
    Direction("LoRA Land 2024", "LoRA lifts a small model", "+34 points", "lora@108", "zero-shot"),
    Direction(
        "T-Few 2022", "few-shot tuning beats prompting", "+6 points (RAFT)", "feature-head@24", "few-shot@24"
    ),
    Direction(
        "Pecher 2024",
        "specialised models win from about 100 labels",
        "about 100 labels",
        "feature-head@108",
        "few-shot@108",
    ),
    Direction(
        "Pecher 2024", "with a dozen labels they do not", "about 100 labels", "knn-few-shot@12", "lora@12"
    ),
    Direction(
        "Liu 2022",
        "demonstrations near the input beat others",
        "kNN-GPT-3",
        "knn-few-shot@108",
        "few-shot@108",
    ),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What an experiment is run with."""

    workbench: Workbench
    model: str
    stations: int
    tests: int

    def facts(self, seed: int) -> dict[str, float]:
        """Facts of invented stations: all of them learned in one wording, and asked in another."""
        rng = Random(seed)
        told = {name: _facts(rng) for name in _names(rng, self.stations)}
        names = list(told)
        learned, unseen = names[: len(names) // 2], names[len(names) // 2 :]
        asked = [_sample(told, n, what, 1) for n in unseen for what in ASKED][: self.tests]
        everything = self._case([_sample(told, n, what, 0) for n in names for what in ASKED], told)
        others = self._case([_sample(told, n, what, 0) for n in learned for what in ASKED], told)
        scores = partial(self._scores, asked=asked, seed=seed)
        [base], [rag] = scores(everything, "zero-shot"), scores(everything, "rag")
        tuned, tuned_rag = scores(everything, "lora", (0, PASSAGES))
        [plain_rag], [raft_rag] = scores(others, "lora", (PASSAGES,)), scores(others, "rag-lora")
        found = (base, rag, tuned, tuned_rag, plain_rag, raft_rag)
        return dict(zip(FACT_SCORES, found, strict=True))

    def labels(self, seed: int) -> dict[str, float]:
        """Tickets to teams, with ever more labels; the test tickets are never learned from."""
        case = load_use_case(TICKETS).model_copy(update={"model": self.model})
        asked = [Sample(**row) for row in read_rows(TICKETS / "test.jsonl", ("input", "output"))][
            : self.tests
        ]
        order = Random(seed).sample(case.samples, len(case.samples))
        found = {}
        for name in {name for direction in LABELS for name in (direction.larger, direction.smaller)}:
            method, _, size = name.partition("@")
            some = case.model_copy(update={"samples": tuple(order[: int(size or len(order))])})
            [found[name]] = self._scores(some, method, asked=asked, seed=seed)
        return found

    def _case(self, samples: Sequence[Sample], told: Mapping[str, Mapping[str, str]]) -> UseCase:
        corpus = [{"id": name, "title": name, "text": _document(name, facts)} for name, facts in told.items()]
        rows = [sample.model_dump() for sample in samples]
        told_task = "Answer questions about stations of a mining company."
        return check(
            {
                "description": told_task,
                "samples": rows,
                "corpus": corpus,
                "model": self.model,
                "metric": "token_f1",
            }
        )

    def _scores(
        self,
        case: UseCase,
        method: str,
        passages: Sequence[int | None] = (None,),
        *,
        asked: Sequence[Sample],
        seed: int,
    ) -> list[float]:
        """What the method learns from the case, asked other questions, with so many passages in turn."""
        console.print(f"seed {seed}: {method} with {len(case.samples)} samples")
        with TemporaryDirectory() as scratch:
            folder, situation = Path(scratch), situation_of(case)
            corpus = open_corpus(case.corpus, self.workbench, folder / "corpus")
            training = Training(situation, case.samples, corpus, self.workbench, folder, seed)
            plan = BY_NAME[method].prepare(training)
            plans = [plan if k is None else plan.model_copy(update={"passages": k}) for k in passages]
            answerers = [Answerer(plan, folder, self.workbench, corpus) for plan in plans]
            inputs, wanted = [s.input for s in asked], [s.output for s in asked]
            said = [[answer.text for answer in answerer.answer(inputs)] for answerer in answerers]
        return [situation.task.metric.score(texts, wanted) for texts in said]


def _names(rng: Random, count: int) -> list[str]:
    parts = (
        ("Bar", "Cel", "Dor", "Fen", "Gal", "Hol", "Kir", "Lun"),
        ("a", "e", "i", "o"),
        ("mak", "nis", "rov", "tan", "vek"),
    )
    every = [a + b + c for a in parts[0] for b in parts[1] for c in parts[2]]
    return rng.sample(every, count)


def _facts(rng: Random) -> dict[str, str]:
    people, rivers = (
        ("Ada", "Bruno", "Clara", "Dario", "Edda", "Femi"),
        ("Isk", "Orl", "Tarn", "Ume", "Wend", "Yse"),
    )
    metals = ("copper", "iron", "lead", "nickel", "silver", "tin")
    surname = rng.choice("BDFGKLMNPRST") + rng.choice(("allis", "endan", "oritz", "urano", "ystra"))
    return {
        "leader": f"{rng.choice(people)} {surname}",
        "river": rng.choice(rivers),
        "metal": rng.choice(metals),
    }


def _document(name: str, facts: Mapping[str, str]) -> str:
    return " ".join(
        [
            f"{name} is led by {facts['leader']}.",
            f"{name} lies on the river {facts['river']}.",
            f"The mine of {name} yields {facts['metal']}.",
        ]
    )


def _sample(told: Mapping[str, Mapping[str, str]], name: str, what: str, wording: int) -> Sample:
    return Sample(input=ASKED[what][wording].format(name), output=told[name][what])


def _kept(path: Path, measure: Callable[[], dict[str, float]]) -> Scores:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(measure(), indent=1).encode())
    scores: Scores = json.loads(path.read_text("utf-8"))
    return scores


def table(facts: Sequence[Scores], labels: Sequence[Scores]) -> str:
    """Theirs beside ours, as Markdown."""
    head = "| source | finding | theirs | ours, mean score | holds in |\n| --- | --- | --- | --- | --- |"
    lines = [d.line(facts) for d in FACTS] + [d.line(labels) for d in LABELS]
    return "\n".join([head, *lines])


def main() -> None:
    """Measure what is not measured yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--stations", type=int, default=24)
    parser.add_argument("--tests", type=int, default=60, help="questions and tickets that are asked")
    parser.add_argument("--out", type=Path, default=Path("out/directions"))
    given = parser.parse_args()
    workbench = build_workbench(Settings())
    bench = Bench(workbench, given.model, given.stations, given.tests)
    mark = f"{folder_hash(workbench.catalog.folder(given.model))[:12]}-{given.stations}-{given.tests}"
    runs = [
        [
            _kept(given.out / f"{kind}-{mark}-{seed}.json", partial(measure, seed))
            for seed in range(given.seeds)
        ]
        for kind, measure in (("facts", bench.facts), ("labels", bench.labels))
    ]
    print(table(*runs))


if __name__ == "__main__":
    main()
