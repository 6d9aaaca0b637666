"""Encoders learn labels and tags, and serve what was trained."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetune.adapter import finished_adapters
from finetune.data.rows import LabelRow, TagRow, TextRow
from finetune.encoders import folder, recipe
from finetune.encoders.folder import EncoderManifest
from finetune.encoders.serving import Labeller, Tagger
from finetune.encoders.training import train_encoder, train_head
from finetune.errors import CheckpointError, DatasetError, ExportError, HeadError, Paused, RecipeError
from finetune.exporting import Format, export
from finetune.progress import Progress
from finetune.recipe import Recipe
from finetune.session import Parent, Session, Wish
from generation.checkpoint import hushed
from generation.errors import AdapterMismatchError, ModelUnavailableError
from generation.local_models import Parts
from tests.tiny_models import save_encoder

Rows = Sequence[LabelRow]
SHORT = Recipe(rank=4, epochs=12, learning_rate=5e-3, batch_rows=6, batch_tokens=60)


def test_labels_are_learned_on_every_family_and_served_with_their_chances(
    any_encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    told = train_encoder(any_encoder, sounds, tmp_path / "a", dials=SHORT)
    assert told.training.train_losses[-1] < told.training.train_losses[0]
    served = Labeller(tmp_path / "a", any_encoder)
    assert served.labels == ("cat", "cow", "dog")
    asked = ["woof again", "the moo", "meow"]
    assert served.predict(asked) == ["dog", "cow", "cat"]
    chances = served.probabilities(asked)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([served.probabilities([text]) for text in asked])
    assert chances == pytest.approx(alone, abs=1e-5)
    assert served.predict([]) == []


def test_tags_are_learned_and_long_sentences_lose_no_word(
    encoder: Path, sentences: list[TagRow], tmp_path: Path
) -> None:
    train_encoder(encoder, sentences, tmp_path / "t", dials=replace(SHORT, epochs=20))
    served = Tagger(tmp_path / "t", encoder)
    [place] = [one for one in served.entities(["rome", "lives"]) if one.kind == "LOC"]
    assert (place.start, place.end) == (0, 1)
    long = ["anna", "lives", "in", "paris", "now"] * 30
    tags = served.predict(long)
    assert len(tags) == len(long)
    assert sum(tag == "B-PER" for tag in tags) >= 25
    assert len(served.predict(["anna", "\u200b", "unheard"])) == 3
    assert served.predict([]) == []


def test_a_head_alone_is_fitted_and_served(encoder: Path, sounds: list[LabelRow], tmp_path: Path) -> None:
    told = train_head(encoder, sounds, tmp_path / "h")
    assert not told.is_adapted
    assert not (tmp_path / "h" / "adapter_model.safetensors").exists()
    served = Labeller(tmp_path / "h", encoder).predict([row.text for row in sounds])
    assert sum(a == row.label for a, row in zip(served, sounds, strict=True)) >= 0.8 * len(sounds)


def test_it_is_no_chat_adapter_and_has_a_card(encoder: Path, sounds: list[LabelRow], tmp_path: Path) -> None:
    train_head(encoder, sounds, tmp_path / "h")
    assert finished_adapters(tmp_path) == []
    card = (tmp_path / "h" / "README.md").read_text()
    assert "cat, cow, dog" in card and str(tmp_path) not in card


@pytest.mark.parametrize("train", [train_encoder, train_head])
def test_the_program_of_an_exported_card_says_the_same_labels(
    train: Callable[..., EncoderManifest],
    encoder: Path,
    sounds: list[LabelRow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dials = {"dials": replace(SHORT, epochs=2)} if train is train_encoder else {}
    train(encoder, sounds, tmp_path / "a", **dials)
    made = Parts("sounds", encoder, tmp_path / "a")
    export(made, "peft", tmp_path / "out")
    others: tuple[Format, ...] = ("merged", "gguf")
    for form in others:
        with pytest.raises(ExportError, match="'a' is an encoder, whose head has no other form"):
            export(made, form, tmp_path / form)
    with pytest.raises(ExportError, match="'sounds' has learned nothing"):
        export(Parts("sounds", encoder), "peft", tmp_path / "none")
    texts = [row.text for row in sounds]
    program = re.search(r"```python\n(.*?)```", (tmp_path / "out" / "README.md").read_text(), re.DOTALL)
    assert program
    monkeypatch.chdir(tmp_path / "out")
    code = program[1].replace('"folder of the base"', repr(str(encoder))).replace('["A text."]', repr(texts))
    with hushed():
        exec(code, {})
    assert capsys.readouterr().out.split() == Labeller(tmp_path / "a", encoder).predict(texts)


def test_the_same_seed_gives_the_same_weights(encoder: Path, sounds: list[LabelRow], tmp_path: Path) -> None:
    hashes = []
    for at, seed in enumerate((5, 5, 6)):
        told = train_encoder(encoder, sounds, tmp_path / f"{at}", dials=replace(SHORT, epochs=2, seed=seed))
        hashes.append(told.training.weights_hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_parent_learns_on_in_its_shape_and_its_head_grows(
    encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    losses: dict[str, list[float]] = {"parent": [], "same": [], "more": []}

    def train(name: str, rows: Rows, parent: str | None = None) -> EncoderManifest:
        session = Session(on_step=lambda told: losses[name].append(told.loss))
        dials = replace(SHORT, rank=8) if parent else SHORT
        came_from = Parent(tmp_path / parent) if parent else None
        return train_encoder(encoder, rows, tmp_path / name, dials=dials, parent=came_from, session=session)

    first = train("parent", sounds)
    same = train("same", sounds[:6], "parent")
    assert losses["same"][0] < losses["parent"][-1] * 2 < losses["parent"][0]
    assert (same.names, same.training.recipe.rank) == (first.names, 4)
    sheep = [LabelRow(90 + at, f"baa{end}", "sheep") for at, end in enumerate(("", " now", " again"))]
    more = train("more", [*sounds[:9], *sheep], "same")
    assert more.names == ("cat", "cow", "dog", "sheep")
    assert Labeller(tmp_path / "more", encoder).predict(["baa now", "moo", "woof"]) == ["sheep", "cow", "dog"]
    assert [(one.name, one.mode) for one in more.training.lineage] == [
        ("parent", "continue"),
        ("same", "continue"),
    ]
    assert more.training.lineage[0].weights_hash == first.training.weights_hash
    assert "Made from parent (continue), then same (continue)." in (tmp_path / "more/README.md").read_text()


def test_what_cannot_be_continued_is_refused(
    encoder: Path, sounds: list[LabelRow], sentences: list[TagRow], tmp_path: Path
) -> None:
    train_encoder(encoder, sounds, tmp_path / "a", dials=replace(SHORT, epochs=1))
    train_head(encoder, sounds, tmp_path / "h")
    other = save_encoder(tmp_path / "other", seed=4)
    cases = (
        (encoder, sounds, Parent(tmp_path / "a", "stack"), RecipeError, "continue it instead"),
        (encoder, sounds, Parent(tmp_path / "h"), RecipeError, "A head alone"),
        (encoder, sentences, Parent(tmp_path / "a"), DatasetError, "has learned labels, and these are tags"),
        (other, sounds, Parent(tmp_path / "a"), AdapterMismatchError, "train it again"),
    )
    for base, rows, parent, error, said in cases:
        with pytest.raises(error, match=said):
            train_encoder(base, rows, tmp_path / "b", dials=SHORT, parent=parent)
    assert not (tmp_path / "b").exists()


class PauseAfter:
    def __init__(self, steps: int) -> None:
        self.left = steps

    def wish(self) -> Wish:
        self.left -= 1
        return Wish.GO_ON if self.left >= 0 else Wish.PAUSE


def test_a_paused_training_becomes_the_same_to_the_bit(
    encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    def train(name: str, session: Session | None = None, rows: Rows = sounds) -> EncoderManifest:
        dials = replace(SHORT, epochs=3)
        out = tmp_path / name
        return train_encoder(encoder, rows, out, dials=dials, validation=sounds[:5], session=session)

    kept: dict[int, Path] = {}

    def keep(told: Progress, write: Callable[[Path], None]) -> None:
        kept[told.epoch] = tmp_path / f"epoch-{told.epoch}"
        write(kept[told.epoch])

    whole = train("whole", Session(on_epoch=keep))
    assert list(kept) == [1, 2, 3]
    [best] = [folder.read(kept[at]).training for at in kept if at == whole.training.best_epoch]
    assert best.weights_hash == whole.training.weights_hash
    assert Labeller(kept[1], encoder).predict(["woof"])
    for steps in (2, 4):
        with pytest.raises(Paused):
            train("b", Session(control=PauseAfter(steps), checkpoints=tmp_path / "c", every=0))
    with pytest.raises(CheckpointError, match="other data"):
        train("b", Session(checkpoints=tmp_path / "c"), sounds[1:])
    again = train("b", Session(checkpoints=tmp_path / "c"))
    assert again.training.weights_hash == whole.training.weights_hash
    assert again.training.scores == whole.training.scores


def test_the_best_epoch_is_chosen_by_the_metric(
    encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    scores = iter([0.1, 0.9, 0.2, 0.3])
    asked: list[Sequence[str]] = []

    def metric(said: Sequence[str], wanted: Sequence[str]) -> float:
        asked.append(wanted)
        return next(scores)

    dials = replace(SHORT, epochs=9, patience=2)
    told = train_encoder(encoder, sounds, tmp_path / "a", dials=dials, validation=sounds[:4], metric=metric)
    assert told.training.best_epoch == 2
    assert told.training.ending == "patience"
    assert asked[0] == ["cat", "dog", "cow", "cat"]
    short = train_encoder(
        encoder,
        sounds,
        tmp_path / "b",
        dials=replace(dials, patience=1),
        validation=sounds[:4],
        metric=lambda said, wanted: 0.0,
    )
    assert len(short.training.scores) == 9, "of equals the later counts"


def test_another_base_is_refused_and_a_changed_weight_too(
    encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    train_head(encoder, sounds, tmp_path / "h")
    other = save_encoder(tmp_path / "other", seed=4)
    with pytest.raises(AdapterMismatchError, match="train it again"):
        Labeller(tmp_path / "h", other)
    with pytest.raises(HeadError, match="labels"):
        Tagger(tmp_path / "h", encoder)
    weights = tmp_path / "h" / "head.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelUnavailableError, match="damaged"):
        Labeller(tmp_path / "h", encoder)
    (tmp_path / "h" / folder.MANIFEST).write_text("[]")
    with pytest.raises(ModelUnavailableError, match="not finished or damaged"):
        Labeller(tmp_path / "h", encoder)


def test_long_texts_are_read_to_where_they_are_cut_and_counted(
    encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    long = LabelRow(99, "woof " * 50, "dog")
    told = train_head(encoder, [*sounds, long], tmp_path / "h")
    assert told.cut_rows == 1
    assert Labeller(tmp_path / "h", encoder).predict(["woof " * 900]) == ["dog"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "labelled texts or tagged words"),
        ([TextRow(1, "x")], "labelled texts or tagged words"),
        ([LabelRow(1, "meow", "cat"), LabelRow(2, "moo", "cat")], "nothing to tell apart"),
        ([LabelRow(1, "meow", "cat"), LabelRow(2, "  ", "cow")], "Line 2: there is no text"),
    ],
)
def test_rows_that_cannot_be_learned_are_refused(
    encoder: Path, tmp_path: Path, rows: list[LabelRow], said: str
) -> None:
    with pytest.raises(DatasetError, match=said):
        train_head(encoder, rows, tmp_path / "h")
    assert not (tmp_path / "h").exists()


def test_what_does_not_fit_the_base_is_refused(
    encoder: Path, tiny_llama: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="choose lora"):
        train_encoder(encoder, sounds, tmp_path / "a", dials=replace(SHORT, method="full"))
    with pytest.raises(RecipeError, match="choose up to 2"):
        train_encoder(encoder, sounds, tmp_path / "a", dials=replace(SHORT, layers=3))
    with pytest.raises(ModelUnavailableError, match="no encoder"):
        train_head(tiny_llama, sounds, tmp_path / "a")
    with pytest.raises(DatasetError, match="no row that is learned from has 'sheep'"):
        train_encoder(encoder, sounds, tmp_path / "a", dials=SHORT, validation=[LabelRow(7, "baa", "sheep")])


def test_many_rows_are_validated_and_few_are_all_learned(sounds: list[LabelRow]) -> None:
    many = [LabelRow(i, f"{'ab'[i % 2]} {i * 7919}", "ab"[i % 2]) for i in range(300)]
    split = recipe.held_out(many)
    assert len(split.training) + len(split.validation) == 300
    assert {row.learned for row in split.validation} == {"a", "b"}
    assert recipe.held_out(sounds).validation == ()
    assert recipe.for_rows(8).epochs > recipe.for_rows(100).epochs > recipe.for_rows(5000).epochs >= 3


def test_only_the_top_layers_learn_when_it_is_said(
    encoder: Path, sounds: list[LabelRow], tmp_path: Path
) -> None:
    train_encoder(encoder, sounds, tmp_path / "a", dials=replace(SHORT, epochs=2, layers=1))
    config = json.loads((tmp_path / "a" / "adapter_config.json").read_text())
    assert config["target_modules"] and all("layer.1." in name for name in config["target_modules"])
