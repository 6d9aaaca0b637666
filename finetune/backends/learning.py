"""An order carried out on this machine, into a folder that is finished or not there."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from finetune import adapter
from finetune.adapter import Manifest
from finetune.backends.port import Event, Listener, Order
from finetune.data.rows import as_json
from finetune.dataset import data_hash
from finetune.errors import DamagedCheckpoint
from finetune.session import Parent, Session
from generation.adapter_folder import ENCODER_MANIFEST, MANIFEST, MODEL_MANIFEST
from generation.catalog import Parts
from generation.fingerprint import folder_hash


def learned(order: Order, parts: Parts, out: Path, session: Session, tell: Listener) -> Manifest:
    """What lies at `out`, trained if it is not finished there; a damaged checkpoint costs time alone.

    Raises:
        FinetuneError, GenerationError: as the port says.
    """
    if not is_finished(out):
        try:
            _learn(order, parts, out, session, tell)
        except DamagedCheckpoint:
            assert session.checkpoints is not None
            tell(Event("The checkpoint is damaged; the training begins anew.", "warn"))
            shutil.rmtree(session.checkpoints)
            # The weights will be the same.
            _learn(order, parts, out, session, tell)
    return _manifest(out)


def is_finished(out: Path) -> bool:
    """Whether a training came to its end there."""
    return any((out / name).exists() for name in (MANIFEST, MODEL_MANIFEST, ENCODER_MANIFEST))


def order_key(order: Order, parts: Parts) -> str:
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


def _manifest(out: Path) -> Manifest:
    if (out / ENCODER_MANIFEST).exists():
        from finetune.encoders import folder

        return folder.read(out).training
    return adapter.read_trained_model(out) if (out / MODEL_MANIFEST).exists() else adapter.read(out)
