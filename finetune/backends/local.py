"""Training on this machine: a model of the catalog, into the folder that the catalog finds models in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune.backends.learning import is_finished, learned, order_key
from finetune.backends.port import Event, Listener, Order, Trained
from finetune.data.rows import Row, TagRow
from finetune.dataset import TrainingExample
from finetune.gate import ForgettingGate
from finetune.naming import root_of, trained_name
from finetune.progress import Progress, metrics_of
from finetune.session import Control, Session
from generation.adapter_folder import adapter_path
from generation.catalog import Catalog, Parts
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
    is_estimated: bool = False
    """Whether what a training will cost is told before its first step."""


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
        name = self._place.name or trained_name(root_of(parts), order.suffix, order_key(order, parts))
        out = adapter_path(self._place.made, name)
        checkpoints = adapter_path(self._place.checkpoints, name)
        if self._place.is_estimated and not is_finished(out) and not checkpoints.exists():
            _tell_cost(order, parts, tell)
        session = Session(
            on_step=lambda step: tell(_told(step)),
            control=control,
            checkpoints=checkpoints,
            every=CHECKPOINT_SECONDS,
            on_epoch=self._place.on_epoch,
            accept=_gate(order, parts, tell),
        )
        manifest = learned(order, parts, out, session, tell)
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


def _tell_cost(order: Order, parts: Parts, tell: Listener) -> None:
    # Estimating a head would take as long as fitting it.
    if order.recipe.method != "head":
        from finetune.estimate import estimate

        tell(Event(f"Estimate: {estimate(parts.base, order, parts.adapter).sentence}"))


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


def _told(step: Progress) -> Event:
    said = f"Step {step.step}/{step.steps}: training loss={step.loss:.2f}"
    return Event(said, data=metrics_of(step))


def _tell_nobody(_event: Event) -> None:
    """Without a listener."""
