"""Training on this machine: a model of the catalog, into the folder that the catalog finds models in."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from finetune import adapter
from finetune.backends.port import Event, Listener, Order, Trained
from finetune.backends.score import score_of
from finetune.dataset import data_hash
from finetune.progress import Progress
from finetune.session import Control, Parent, Session
from finetune.training import train_adapter
from generation.adapter_folder import MANIFEST, MODEL_MANIFEST, adapter_path
from generation.catalog import Catalog, Parts
from generation.fingerprint import folder_hash

PROJECT = "trivium"


class LocalBackend:
    """Implements `Backend`.

    Args:
        catalog: opens the model that is trained on, and afterwards what was made of it.
        model: the base or the adapter that is trained on.
        made: the folder in which that catalog finds what trainings made.
        checkpoints: the folder for unfinished trainings.
    """

    def __init__(self, catalog: Catalog, model: str, made: Path, checkpoints: Path) -> None:
        self._catalog, self._model = catalog, model
        self._made, self._checkpoints = made, checkpoints

    def train(self, order: Order, tell: Listener | None = None, control: Control | None = None) -> Trained:
        """See the port."""
        events: list[Event] = []

        def note(event: Event) -> None:
            events.append(event)
            if tell is not None:
                tell(event)

        parts = self._catalog.parts(self._model)
        key = _key(order, parts)
        name = f"ft:{_root(parts)}:{PROJECT}:{order.suffix}:{key[:8]}"
        out = adapter_path(self._made, name)
        if not _is_finished(out):
            session = Session(
                on_step=lambda step: note(_told(step)), control=control, checkpoints=self._checkpoints / key
            )
            parent = Parent(parts.adapter) if parts.adapter else None
            aside = order.validation if order.validation.rows else None
            train_adapter(
                parts.base,
                order.examples,
                order.recipe,
                out,
                validation=aside,
                parent=parent,
                session=session,
            )
        note(Event(f"New fine-tuned model created: {name}"))
        score = score_of(self._catalog.open(name), order.validation)
        return Trained(name, tuple(events), _manifest(out).trained_tokens, score)


def _key(order: Order, parts: Parts) -> str:
    """The same order for the same model finds its checkpoint, or what came of it."""
    digest = sha256(folder_hash(parts.base).encode())
    if parts.adapter is not None:
        digest.update(adapter.read(parts.adapter).weights_hash.encode())
    for rows in (order.examples, order.validation.rows):
        digest.update(data_hash(rows).encode())
    digest.update(f"{asdict(order.recipe)}/{order.suffix}/{order.validation.judge is None}".encode())
    return digest.hexdigest()


def _root(parts: Parts) -> str:
    """The base's own name, also where it is a trained model itself."""
    return parts.base_name.split(":")[1] if parts.base_name.startswith("ft:") else parts.base_name


def _is_finished(out: Path) -> bool:
    return (out / MANIFEST).exists() or (out / MODEL_MANIFEST).exists()


def _manifest(out: Path) -> adapter.Manifest:
    return adapter.read(out) if (out / MANIFEST).exists() else adapter.read_trained_model(out)


def _told(step: Progress) -> Event:
    data = {
        "step": step.step,
        "total_steps": step.steps,
        "train_loss": step.loss,
        "train_mean_token_accuracy": step.accuracy,
        "full_valid_loss": step.validation_loss,
    }
    return Event(f"Step {step.step}/{step.steps}: training loss={step.loss:.2f}", data=data)
