"""Training on this machine: a model of the catalog, into the folder that the catalog finds models in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from finetune import adapter
from finetune.adapter import Manifest
from finetune.backends.port import Event, Listener, Order, Trained
from finetune.data.rows import Row, TagRow, as_json
from finetune.dataset import TrainingExample, data_hash
from finetune.errors import DamagedCheckpoint
from finetune.gate import ForgettingGate
from finetune.naming import root_of, trained_name
from finetune.progress import Progress, metrics_of
from finetune.session import Control, Parent, Session
from generation.adapter_folder import ENCODER_MANIFEST, MANIFEST, MODEL_MANIFEST, adapter_path
from generation.catalog import Catalog, Parts
from generation.fingerprint import folder_hash
from generation.language_model import Request
from generation.messages import Conversation, Message

CHECKPOINT_SECONDS = 10.0
TRIED_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where one training of a model keeps what it makes; a job gives its own."""

    made: Path
    """The folder in which the catalog finds what trainings made."""
    checkpoints: Path
    """The folder for unfinished trainings."""
    name: str | None = None
    """What the new model is called; None follows from the order."""
    on_epoch: Callable[[Progress, Callable[[Path], None]], None] | None = None
    """See `Session`."""


class LocalBackend:
    """Implements `Backend`.

    Args:
        catalog: opens the model that is trained on, and afterwards what was made of it.
        model: the base or the adapter that is trained on.
        place: where things lie.
    """

    def __init__(self, catalog: Catalog, model: str, place: Place) -> None:
        self._catalog, self._model, self._place = catalog, model, place

    def train(self, order: Order, tell: Listener | None = None, control: Control | None = None) -> Trained:
        """See the port."""
        tell = tell or _tell_nobody
        parts = self._catalog.parts(self._model)
        name = self._place.name or trained_name(root_of(parts), order.suffix, _key(order, parts))
        out = adapter_path(self._place.made, name)
        if not _is_finished(out):
            session = Session(
                on_step=lambda step: tell(_told(step)),
                control=control,
                checkpoints=adapter_path(self._place.checkpoints, name),
                every=CHECKPOINT_SECONDS,
                on_epoch=self._place.on_epoch,
                accept=_gate(order, parts, tell),
            )
            _learn_anyway(order, parts, out, session, tell)
        manifest = _manifest(out)
        self._try_out(name, order, tell)
        tell(Event(f"New fine-tuned model created: {name}"))
        return Trained(name, manifest.trained_tokens, out, manifest)

    def _try_out(self, name: str, order: Order, tell: Listener) -> None:
        """The catalog opens the model as it does for chats, and the model answers."""
        model = self._catalog.open(name)
        for messages in _questions(order):
            room = min(TRIED_TOKENS, model.context_window - model.count_tokens(messages))
            # Rows over the context window may have been left out of the training.
            if room > 0:
                [answer] = model.generate([Request(messages, max_tokens=room)])
                told = {"answer": answer.text}
                tell(Event("The model was loaded and asked as it will be served", data=told))
                return


def _learn_anyway(order: Order, parts: Parts, out: Path, session: Session, tell: Listener) -> None:
    """A damaged checkpoint costs time and nothing else: the weights will be the same."""
    try:
        _learn(order, parts, out, session, tell)
    except DamagedCheckpoint:
        assert session.checkpoints is not None
        tell(Event("The checkpoint is damaged; the training begins anew.", "warn"))
        shutil.rmtree(session.checkpoints)
        _learn(order, parts, out, session, tell)


def _learn(order: Order, parts: Parts, out: Path, session: Session, tell: Listener) -> None:
    parent = Parent(parts.adapter, order.mode) if parts.adapter else None
    if order.labelled is None:
        from finetune.training import train_adapter

        train_adapter(
            parts.base,
            order.examples,
            order.recipe,
            out,
            validation=order.aside,
            parent=parent,
            session=session,
        )
        return
    from finetune.encoders.training import train_encoder

    rows, aside_rows = order.labelled.rows, order.labelled.aside
    made = train_encoder(
        parts.base,
        rows,
        out,
        dials=order.recipe,
        validation=aside_rows,
        parent=parent,
        session=session,
    )
    if made.cut_rows:
        tell(Event(f"Of {made.cut_rows:,} long texts only the beginning is read, in serving too"))


def _gate(order: Order, parts: Parts, tell: Listener) -> ForgettingGate | None:
    if order.gate is None:
        return None

    def say(before: float, after: float) -> None:
        tell(Event(f"Gate: the score was {before:.3f}, and is {after:.3f} now"))

    return ForgettingGate(parts.base, parts.adapter, order.gate, say)


def _questions(order: Order) -> Iterator[Conversation]:
    """The rows as a client asks them; none for plain texts."""
    if order.labelled is not None:
        yield from ((Message("user", _asked(row)),) for row in order.labelled.rows)
    yield from (row.messages[:-1] for row in order.examples if isinstance(row, TrainingExample))


def _asked(row: Row) -> str:
    return json.dumps(row.tokens, ensure_ascii=False) if isinstance(row, TagRow) else row.asked


def _key(order: Order, parts: Parts) -> str:
    """The same for the same order and model, which so finds its checkpoint, or what came of it."""
    made = folder_hash(parts.adapter) if parts.adapter else ""
    judged = order.validation.judge is not None
    bound = order.gate.bound if order.gate else None
    dials = (asdict(order.recipe), order.suffix, order.mode, judged, bound)
    digest = sha256(f"{folder_hash(parts.base)}/{made}/{dials}".encode())
    for examples in (order.examples, order.validation.rows, order.gate.rows if order.gate else ()):
        digest.update(data_hash(examples).encode())
    for rows in (order.labelled.rows, order.labelled.aside or ()) if order.labelled else ():
        digest.update(b"/" + b"\n".join(as_json(row).encode("utf-8", "replace") for row in rows))
    return digest.hexdigest()


def _is_finished(out: Path) -> bool:
    return any((out / name).exists() for name in (MANIFEST, MODEL_MANIFEST, ENCODER_MANIFEST))


def _manifest(out: Path) -> Manifest:
    if (out / ENCODER_MANIFEST).exists():
        from finetune.encoders import folder

        return folder.read(out).training
    return adapter.read_trained_model(out) if (out / MODEL_MANIFEST).exists() else adapter.read(out)


def _told(step: Progress) -> Event:
    said = f"Step {step.step}/{step.steps}: training loss={step.loss:.2f}"
    return Event(said, data=metrics_of(step))


def _tell_nobody(_event: Event) -> None:
    """Without a listener."""
