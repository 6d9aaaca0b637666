"""One training of whatever kind, for jobs and for the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from finetune import adapter
from finetune.data.metrics import judge_of
from finetune.dataset import TrainingExample
from finetune.gate import ForgettingGate
from finetune.session import Parent, Session
from generation.adapter_folder import ENCODER_MANIFEST, MANIFEST, MODEL_MANIFEST
from generation.families import family_of
from service.fine_tuning_recipe import recipe_of
from service.jobs.training_files import TrainingData
from service.schemas.fine_tuning_body import TrainingBody
from service.storage.fine_tuning import GATE, VALIDATION

if TYPE_CHECKING:
    from generation.catalog import Parts

Tell = Callable[[str], None]


class TrainingRun:
    """A model, what it learns and how.

    Raises:
        DatasetError: the files cannot be mixed as they should.
        RecipeError: a dial outside its range.
    """

    def __init__(self, parts: Parts, body: TrainingBody, data: TrainingData, seed: int) -> None:
        self._parts, self._body, self._data, self._seed = parts, body, data, seed
        family = family_of(parts.base)
        self._is_encoder = family == "encoder"
        self._examples = [] if self._is_encoder else data.examples(body, seed)
        self.rows = len(data.training.rows) if self._is_encoder else len(self._examples)
        self.recipe = recipe_of(body, self.rows, seed, family)

    def train(self, out: Path, session: Session, tell: Tell) -> None:
        """Write the finished folder at `out`, and tell what is worth knowing beside the steps.

        Raises:
            Stopped: the session said so; the checkpoint is kept.
            FinetuneError, GenerationError: it cannot be trained.
        """
        if not self._is_encoder:
            self._train_writer(out, session, tell)
        elif self._body.recipe.kind == "head":
            self._fit_head(out)
        else:
            self._train_encoder(out, session, tell)

    def _train_writer(self, out: Path, session: Session, tell: Tell) -> None:
        from finetune.training import train_adapter

        train_adapter(
            self._parts.base,
            self._examples,
            self.recipe,
            out,
            validation=self._data.aside,
            parent=parent_of(self._parts, self._body),
            session=replace(session, accept=self._gate(tell)),
        )

    def _train_encoder(self, out: Path, session: Session, tell: Tell) -> None:
        from finetune.encoders.training import train_encoder

        aside = self._data.files.get(VALIDATION)
        made = train_encoder(
            self._parts.base,
            self._data.training.rows,
            out,
            dials=self.recipe,
            validation=aside.rows if aside else None,
            session=session,
        )
        if made.cut_rows:
            tell(f"Of {made.cut_rows:,} long texts only the beginning is read, in serving too")

    def _fit_head(self, out: Path) -> None:
        from finetune.encoders.training import train_head

        train_head(self._parts.base, self._data.training.rows, out, seed=self._seed)

    def _gate(self, tell: Tell) -> ForgettingGate | None:
        if self._body.gate is None:
            return None
        rows = self._data.files[GATE].rows
        return ForgettingGate(
            base=self._parts.base,
            parent=self._parts.adapter,
            rows=[example for example in self._data.said(GATE) if isinstance(example, TrainingExample)],
            judge=judge_of(rows),
            bound=self._body.gate.bound,
            tell=lambda before, after: tell(f"Gate: the score was {before:.3f}, and is {after:.3f} now"),
        )


def parent_of(parts: Parts, body: TrainingBody) -> Parent | None:
    """The adapter that is trained on, where the model is one."""
    return Parent(parts.adapter, body.parent_mode or "continue") if parts.adapter else None


def is_finished(out: Path) -> bool:
    """Whether a training ended there."""
    return any((out / name).exists() for name in (MANIFEST, MODEL_MANIFEST, ENCODER_MANIFEST))


def manifest_of(out: Path) -> adapter.Manifest:
    """How the finished training went.

    Raises:
        ModelUnavailableError: none is there.
    """
    if (out / ENCODER_MANIFEST).exists():
        from finetune.encoders import folder

        return folder.read(out).training
    return adapter.read_trained_model(out) if (out / MODEL_MANIFEST).exists() else adapter.read(out)
