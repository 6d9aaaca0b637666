"""A training that was killed, paused or cancelled goes on to exactly what it would have become."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from finetune import adapter
from finetune.dataset import TrainingExample
from finetune.errors import Cancelled, CheckpointError, Paused, TrainingError
from finetune.progress import Progress
from finetune.recipe import Recipe
from finetune.session import Session, Validation, Wish
from finetune.training import train_adapter

SCRIPT = Path(__file__).with_name("train_until_killed.py")
STEPS = 9
RECIPE = Recipe(rank=4, learning_rate=5e-3, epochs=2, batch_tokens=300)


def attempts(base: Path, folder: Path, method: str, kills: Sequence[str]) -> list[int]:
    command = [sys.executable, str(SCRIPT), str(base), str(folder), method, *kills]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def assert_alike(folder: Path, name: str) -> None:
    alone, killed = folder / "alone", folder / "killed"
    assert (alone / name).read_bytes() == (killed / name).read_bytes()
    assert (alone / "step_metrics.csv").read_bytes() == (killed / "step_metrics.csv").read_bytes()
    assert [f.name for f in (folder / "killed-checkpoints").iterdir()] == ["lock"]


def test_a_training_killed_at_random_steps_becomes_the_same_to_the_bit(
    tiny_llama: Path, tmp_path: Path
) -> None:
    kills = [str(step) for step in sorted(Random().sample(range(1, STEPS + 1), 3))]
    assert attempts(tiny_llama, tmp_path, "lora", kills) == [0, -9, -9, -9, 0], kills
    assert_alike(tmp_path, "adapter_model.safetensors")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("method", ["lora", "rslora", "dora", "full"])
def test_it_becomes_the_same_wherever_and_whenever_it_is_killed(
    tiny_llama: Path, tmp_path: Path, method: str
) -> None:
    steps = [str(step) for step in range(1, STEPS + 1)]
    ends = attempts(tiny_llama, tmp_path / "steps", method, steps)
    assert ends == [0, *[-9] * STEPS, 0]
    weights = "model.safetensors" if method == "full" else "adapter_model.safetensors"
    assert_alike(tmp_path / "steps", weights)
    dice = Random()
    times = [f"{dice.uniform(0.1, 0.9):.3f}" for _ in range(12)]
    ends = attempts(tiny_llama, tmp_path / "times", method, times)
    assert ends.count(-9) >= 1, times
    assert_alike(tmp_path / "times", weights)


class Stop:
    """Lets some steps pass, then wishes for something else."""

    def __init__(self, steps: int, wish: Wish) -> None:
        self._left, self._wish = steps, wish

    def wish(self) -> Wish:
        self._left -= 1
        return Wish.GO_ON if self._left >= 0 else self._wish


@pytest.mark.parametrize(("wish", "error"), [(Wish.PAUSE, Paused), (Wish.CANCEL, Cancelled)])
def test_a_stopped_training_keeps_its_checkpoint_and_goes_on(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path, wish: Wish, error: type[Exception]
) -> None:
    whole = train_adapter(tiny_llama, animals, RECIPE, tmp_path / "whole")
    session = Session(control=Stop(2, wish), checkpoints=tmp_path / "kept")
    with pytest.raises(error, match=r"after 2 of .* steps; its checkpoint is kept"):
        train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a", session=session)
    assert not (tmp_path / "a").exists()
    told: list[Progress] = []
    session = Session(on_step=told.append, checkpoints=tmp_path / "kept")
    resumed = train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a", session=session)
    assert told[0].step == 3
    assert resumed.manifest.weights_hash == whole.manifest.weights_hash
    assert resumed.manifest.train_losses == whole.manifest.train_losses


@pytest.fixture(scope="module")
def stopped(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The checkpoint folder of a training that was paused after two steps."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(Paused):
        train_adapter(
            tiny_llama,
            animals,
            RECIPE,
            folder / "a",
            session=Session(control=Stop(2, Wish.PAUSE), checkpoints=folder / "kept"),
        )
    return folder / "kept"


def test_a_checkpoint_of_another_training_is_refused_and_left_alone(
    stopped: Path, tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    session = Session(checkpoints=stopped)
    before = {path.name: path.read_bytes() for path in stopped.iterdir()}
    with pytest.raises(CheckpointError, match="another training: other data, recipe"):
        train_adapter(tiny_llama, animals[1:], replace(RECIPE, seed=1), tmp_path / "a", session=session)
    with pytest.raises(CheckpointError, match="other judged, validation data"):
        train_adapter(
            tiny_llama,
            animals,
            RECIPE,
            tmp_path / "a",
            validation=Validation(animals[:2], lambda _: 0.0),
            session=session,
        )
    assert {path.name: path.read_bytes() for path in stopped.iterdir()} == before


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    at = len(content) - 100
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("harm", [cut, flip, empty])
def test_a_damaged_checkpoint_is_refused(
    stopped: Path,
    tiny_llama: Path,
    animals: list[TrainingExample],
    tmp_path: Path,
    harm: Callable[[bytes], bytes],
) -> None:
    harmed = tmp_path / "kept"
    harmed.mkdir()
    content = (stopped / "training.safetensors").read_bytes()
    (harmed / "training.safetensors").write_bytes(harm(content))
    with pytest.raises(CheckpointError, match="'kept' is damaged; delete it"):
        train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a", session=Session(checkpoints=harmed))


def test_two_trainings_never_share_a_checkpoint(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    import fcntl

    (tmp_path / "kept").mkdir()
    with (tmp_path / "kept" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CheckpointError, match="Another training uses"):
            train_adapter(
                tiny_llama, animals, RECIPE, tmp_path / "a", session=Session(checkpoints=tmp_path / "kept")
            )


def test_what_a_kill_left_half_written_is_removed(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    (tmp_path / "kept" / "part").mkdir(parents=True)
    (tmp_path / "kept" / "part" / ".tmp123").write_bytes(b"half")
    session = Session(checkpoints=tmp_path / "kept", every=0)
    train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a", session=session)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["lock"]


def test_a_full_disk_is_said_and_loses_nothing(
    stopped: Path, tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    import resource

    kept = Path(shutil.copytree(stopped, tmp_path / "kept"))
    before = (kept / "training.safetensors").read_bytes()
    whole = train_adapter(tiny_llama, animals, RECIPE, tmp_path / "whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(CheckpointError, match="make room and start again"):
            train_adapter(
                tiny_llama, animals, RECIPE, tmp_path / "a", session=Session(checkpoints=kept, every=0)
            )
        with pytest.raises(TrainingError, match="make room on the disk"):
            train_adapter(tiny_llama, animals, replace(RECIPE, epochs=1), tmp_path / "b" / "c")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((tmp_path / "b").iterdir())
    assert {path.name for path in kept.iterdir()} == {"lock", "training.safetensors"}
    assert (kept / "training.safetensors").read_bytes() == before
    resumed = train_adapter(tiny_llama, animals, RECIPE, tmp_path / "a", session=Session(checkpoints=kept))
    assert resumed.manifest.weights_hash == whole.manifest.weights_hash


def test_a_training_that_stopped_early_stays_stopped_when_it_is_resumed(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    wild = replace(RECIPE, learning_rate=0.3, epochs=12, patience=1)
    aside = Validation(animals[8:])
    whole = train_adapter(tiny_llama, animals[:8], wild, tmp_path / "whole", validation=aside)
    told: list[Progress] = []

    def fail_at_the_end(progress: Progress) -> None:
        told.append(progress)
        if progress.step == whole.manifest.steps:
            raise OSError("no listener")

    for _ in range(2):
        with pytest.raises(OSError, match="no listener"):
            train_adapter(
                tiny_llama,
                animals[:8],
                wild,
                tmp_path / "a",
                validation=aside,
                session=Session(fail_at_the_end, checkpoints=tmp_path / "kept", every=0),
            )
    resumed = train_adapter(
        tiny_llama,
        animals[:8],
        wild,
        tmp_path / "a",
        validation=aside,
        session=Session(checkpoints=tmp_path / "kept"),
    )
    assert resumed.stopped_early
    assert resumed.manifest == replace(
        whole.manifest, seconds=resumed.manifest.seconds, created=resumed.manifest.created
    )
    assert adapter.read(tmp_path / "a") == resumed.manifest


def test_each_epoch_can_be_kept_as_a_model_of_its_own(
    tiny_llama: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    session = Session(on_epoch=lambda told, write: write(tmp_path / f"epoch-{told.epoch}"))
    report = train_adapter(
        tiny_llama,
        animals[:8],
        RECIPE,
        tmp_path / "last",
        validation=Validation(animals[8:]),
        session=session,
    )
    kept = [adapter.read(tmp_path / f"epoch-{n}") for n in (1, 2)]
    assert [m.best_epoch for m in kept] == [1, 2] and kept[0].steps < kept[1].steps == report.manifest.steps
    assert kept[0].weights_hash != kept[1].weights_hash
    assert report.manifest.weights_hash == kept[(report.manifest.best_epoch or 0) - 1].weights_hash
