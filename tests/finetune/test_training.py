"""Adapters: they learn, they repeat, they are whole, and serving refuses those that do not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from finetune import adapter
from finetune.dataset import TrainingExample
from finetune.errors import Cancelled, DatasetError, Diverged, TrainingError
from finetune.progress import Progress
from finetune.recipe import Recipe
from finetune.session import Session, Validation, Wish
from finetune.training import TrainingReport, train_adapter
from generation.catalog import Catalog
from generation.errors import AdapterMismatchError, ModelUnavailableError
from generation.language_model import Request
from generation.transformers_model import TransformersModel

SHORT = Recipe(rank=4, alpha=8, learning_rate=5e-3, epochs=1, batch_tokens=150)
LONG = replace(SHORT, rank=16, alpha=32, learning_rate=1e-2, epochs=25)


@pytest.fixture(scope="module")
def short_run(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory
) -> TrainingReport:
    return train_adapter(tiny_llama, animals, SHORT, tmp_path_factory.mktemp("runs") / "new" / "short")


class StopAfter:
    """Wishes to stop once so many steps were told."""

    def __init__(self, told: Sequence[Progress], steps: int, wish: Wish) -> None:
        self._told, self._steps, self._wish = told, steps, wish

    def wish(self) -> Wish:
        return self._wish if len(self._told) == self._steps else Wish.GO_ON


def answers(model: TransformersModel, examples: Sequence[TrainingExample]) -> list[str]:
    return [g.text for g in model.generate([Request(e.messages[:-1], max_tokens=8) for e in examples])]


@pytest.mark.slow
def test_it_learns_the_task(tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path) -> None:
    report = train_adapter(tiny_llama, animals, LONG, tmp_path / "learned")
    wanted = [e.answer for e in animals]
    assert answers(TransformersModel("base", tiny_llama), animals) != wanted
    assert answers(TransformersModel("new", tiny_llama, adapter=report.folder), animals) == wanted
    assert report.canary.ended
    assert report.canary.served_loss < 1 < report.canary.base_loss


def test_the_report_is_the_manifest(short_run: TrainingReport, tiny_llama: Path) -> None:
    manifest = adapter.read(short_run.folder)
    assert manifest == short_run.manifest
    assert manifest.base_name == "tiny"
    assert manifest.rows == 20
    assert manifest.trained_tokens > 20 * 20
    assert len(manifest.train_losses) == 1
    assert [f.name for f in adapter.finished_adapters(short_run.folder.parent)] == ["short"]


def test_the_written_adapter_is_the_trained_one_and_not_the_base(short_run: TrainingReport) -> None:
    canary = short_run.canary
    assert canary.served_loss == pytest.approx(canary.trained_loss, abs=1e-4)
    assert canary.served_loss < canary.base_loss


def test_the_same_seed_gives_the_same_weights(
    short_run: TrainingReport, tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    again = train_adapter(tiny_llama, [*animals, animals[0]], SHORT, tmp_path / "again")
    other = train_adapter(tiny_llama, animals, replace(SHORT, seed=1), tmp_path / "other")
    assert again.manifest.weights_hash == short_run.manifest.weights_hash
    assert again.manifest.data_hash == short_run.manifest.data_hash
    assert other.manifest.weights_hash != short_run.manifest.weights_hash


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_plain_peft_loads_the_folder(
    short_run: TrainingReport, tiny_llama: Path, animals: list[TrainingExample]
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_llama), short_run.folder)
    adapted = [name for name, _ in model.named_parameters() if "lora_B" in name]
    assert len(adapted) == 2 * 7
    text = "".join(p.read_text() for p in short_run.folder.iterdir() if p.suffix in (".json", ".md"))
    assert str(tiny_llama) not in text


def test_serving_refuses_another_base_and_other_prompts(
    short_run: TrainingReport, tiny_llama: Path, tmp_path: Path
) -> None:
    changed = shutil.copytree(tiny_llama, tmp_path / "tiny")
    (changed / "config.json").write_text((changed / "config.json").read_text() + "\n")
    with pytest.raises(AdapterMismatchError, match="another version of 'tiny'"):
        TransformersModel("new", changed, adapter=short_run.folder)
    copy = shutil.copytree(short_run.folder, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"prompt_hash": "other"}))
    with pytest.raises(AdapterMismatchError, match="other prompts"):
        TransformersModel("new", tiny_llama, adapter=copy)
    (copy / "manifest.json").unlink()
    with pytest.raises(ModelUnavailableError, match="not finished"):
        TransformersModel("new", tiny_llama, adapter=copy)


def test_the_catalog_serves_it_with_its_parent(
    short_run: TrainingReport, tiny_llama: Path, animals: list[TrainingExample]
) -> None:
    catalog = Catalog(locals={"small": tiny_llama}, adapters=short_run.folder.parent)
    assert ("short", "small") in [(card.name, card.parent) for card in catalog.cards()]
    served = catalog.open("short")
    loose = catalog.open_adapter("small", short_run.folder)
    request = Request(animals[0].messages[:-1], max_tokens=8)
    assert served.generate([request])[0].text == loose.generate([request])[0].text


def test_progress_is_told_step_by_step(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    told: list[Progress] = []
    train_adapter(
        tiny_llama,
        animals[:8],
        replace(SHORT, epochs=2),
        tmp_path / "a",
        validation=Validation(animals[8:]),
        session=Session(on_step=told.append),
    )
    assert [p.step for p in told] == list(range(1, told[0].steps + 1))
    assert [p.epoch for p in told if p.validation_loss is not None] == [1, 2]
    assert told[-1].learning_rate < max(p.learning_rate for p in told) == pytest.approx(SHORT.learning_rate)


def test_it_stops_when_validation_gets_no_better_and_keeps_the_best_epoch(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    wild = replace(SHORT, learning_rate=0.3, epochs=12, patience=1)
    report = train_adapter(tiny_llama, animals[:8], wild, tmp_path / "a", validation=Validation(animals[8:]))
    losses = report.manifest.validation_losses
    assert report.stopped_early
    assert len(losses) < 12
    assert losses.index(min(losses)) == len(losses) - 2


def test_a_cancelled_training_leaves_nothing(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    steps: list[Progress] = []
    with pytest.raises(Cancelled):
        train_adapter(
            tiny_llama,
            animals,
            SHORT,
            tmp_path / "a",
            session=Session(on_step=steps.append, control=StopAfter(steps, 2, Wish.CANCEL)),
        )
    assert len(steps) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_is_no_number_ends_the_training(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    with pytest.raises(Diverged, match=r"at step \d+ of \d+; lower the learning rate"):
        train_adapter(tiny_llama, animals, replace(SHORT, learning_rate=1e30, epochs=5), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_an_adapter_that_changes_nothing_is_not_written(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="changes nothing"):
        train_adapter(tiny_llama, animals, replace(SHORT, learning_rate=0.0), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_bad_rows_are_refused_before_training(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="Row 2"):
        train_adapter(tiny_llama, [animals[0], TrainingExample(())], SHORT, tmp_path / "a")
    with pytest.raises(DatasetError, match="Validation: Row 1"):
        train_adapter(
            tiny_llama, animals, SHORT, tmp_path / "a", validation=Validation([TrainingExample(())])
        )


def test_a_new_run_takes_the_place_of_an_old_one(
    short_run: TrainingReport, tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    out = Path(shutil.copytree(short_run.folder, tmp_path / "a"))
    (out / "old").touch()
    train_adapter(tiny_llama, animals, SHORT, out)
    assert not (out / "old").exists()
    assert adapter.read(out).weights_hash == short_run.manifest.weights_hash
