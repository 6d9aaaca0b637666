"""Which dials go together, and with which kind of model; what makes no sense is refused at the door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generation.adapter_folder import ENCODER_MANIFEST, MANIFEST, read_fields
from generation.catalog import Parts
from generation.families import family_of
from service.errors import InvalidRequest
from service.schemas.fine_tuning_body import TrainingBody

Misfit = tuple[str, str]
"""A field, and why it cannot be there."""
WHOLE = ("full", "last_layers")
UNFIT = (*WHOLE, "qlora")
"""Kinds that are not for encoders."""
SHAPE = ("kind", "rank", "alpha", "layers")
"""What an adapter keeps when it is trained on."""
TRAINED = ("rank", "alpha", "layers", "learning_rate", "batch_tokens", "patience", "precision")
"""Dials of a training by steps."""


def check_fit(body: TrainingBody, parts: Parts | None) -> None:
    """Refuse dials that would have no effect, or none that was meant; without parts it is trained elsewhere.

    Raises:
        InvalidRequest: names the first of them.
    """
    for field, why in _misfits(body, parts):
        raise InvalidRequest(f"{field}: {why}", field)


def _misfits(body: TrainingBody, parts: Parts | None) -> Iterator[Misfit]:
    if parts is None:
        return _with_server(body)
    return (_with_encoder if family_of(parts.base) == "encoder" else _with_writer)(body, parts)


def _with_server(body: TrainingBody) -> Iterator[Misfit]:
    if not body.data_may_leave:
        yield (
            "data_may_leave",
            "the rows would be sent away; allow that, or train a local model.",
        )
    given = [f"recipe.{name}" for name in body.recipe.model_dump(exclude_unset=True)]
    for field in (*given, *(name for name in ("parent_mode", "gate") if getattr(body, name))):
        yield field, "another server is told epochs, batch size, learning rate and seed alone; leave it out."


def _with_encoder(body: TrainingBody, parts: Parts) -> Iterator[Misfit]:
    if body.recipe.kind in UNFIT:
        yield "recipe.kind", "an encoder learns by an adapter or by a head alone; choose lora or head."
    if body.recipe.long_rows:
        yield (
            "recipe.long_rows",
            "an encoder reads the beginning of a long text, and tells of how many; leave it out.",
        )
    if body.parent_mode == "stack":
        yield "parent_mode", "an encoder is trained on as it is; continue it instead."
    if parts.adapter and _made(parts.adapter).get("method") == "head":
        yield (
            "model",
            f"{body.model!r} is a head alone, fitted in one go; train its base on all rows together.",
        )
    yield from _with_parent(body, parts, "train its base anew")
    for field in ("mixture", "replay", "gate"):
        if getattr(body, field):
            yield field, "an encoder learns one file; put all rows into it, and leave this out."
    if body.recipe.kind == "head":
        yield from _with_head(body)


def _with_head(body: TrainingBody) -> Iterator[Misfit]:
    given = {f"recipe.{name}" for name in TRAINED if getattr(body.recipe, name) is not None}
    given |= {f"hyperparameters.{name}" for name, value in body.dials if value is not None}
    given |= {"validation_file"} if body.validation_file else set()
    for field in sorted(given):
        yield field, "a head alone is fitted in one go, without steps or epochs; leave it out."


def _with_writer(body: TrainingBody, parts: Parts) -> Iterator[Misfit]:
    if body.recipe.kind == "head":
        yield (
            "recipe.kind",
            "a head is fitted on an encoder, such as all-MiniLM-L6-v2; choose lora.",
        )
    if body.replay and not parts.adapter and not parts.base_name.startswith("ft:"):
        yield "replay", f"{body.model!r} was trained by no job, so nothing can be replayed; use mixture."
    if parts.adapter and body.recipe.kind in WHOLE:
        yield "recipe.kind", f"{body.model!r} is an adapter, whose base stays as it is; choose lora."
    if body.parent_mode == "stack" and body.recipe.kind in ("dora", "qlora"):
        yield "recipe.kind", f"{body.recipe.kind} cannot be stacked; choose lora, or continue the parent."
    yield from _with_parent(body, parts, "stack a new adapter on it")


def _with_parent(body: TrainingBody, parts: Parts, instead: str) -> Iterator[Misfit]:
    if parts.adapter is None:
        if body.parent_mode:
            yield "parent_mode", f"{body.model!r} is no adapter, which could be continued; leave it out."
        return
    if body.parent_mode == "stack":
        return
    made = _made(parts.adapter)
    kept = {**made, "kind": _form(made.get("method"))}
    wanted = {**body.recipe.model_dump(exclude_unset=True)}
    if "kind" in wanted:
        wanted["kind"] = _form(wanted["kind"])
    for field in SHAPE:
        if field in wanted and wanted[field] != kept.get(field):
            told = f"{body.model!r} has {kept.get(field)!r} and is trained on as it is"
            yield f"recipe.{field}", f"{told}; leave it out, or {instead}."


def _made(folder: Path) -> dict[str, Any]:
    """The recipe that an adapter was made by."""
    manifest = ENCODER_MANIFEST if (folder / ENCODER_MANIFEST).exists() else MANIFEST
    return dict(read_fields(folder, manifest).get("recipe", {}))


def _form(kind: str | None) -> str | None:
    """What an adapter looks like; QLoRA gives what LoRA gives."""
    return "lora" if kind == "qlora" else kind
