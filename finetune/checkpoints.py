"""Where a training stands, in one file that is written whole or not at all.

Knows names and tensors, not what they mean. The file is safetensors: it holds no code.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from finetune.adapter import sync_entry
from finetune.errors import CheckpointError, DamagedCheckpoint

_STATE = "state"
_FILE, _LOCK, _PART = "training.safetensors", "lock", "part"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a training between two steps."""

    state: dict[str, Any]
    """What fits into JSON."""
    tensors: dict[str, torch.Tensor]


class CheckpointFolder:
    """The folder that one training keeps its last checkpoint in.

    Args:
        folder: made when it is missing.
        identity: what the training is, by names and JSON values; another training's checkpoint is refused.
        every: seconds between checkpoints.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], every: float) -> None:
        self._folder, self._every = folder, every
        self._identity = json.loads(json.dumps(identity))
        self._written = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether the last checkpoint is old enough for the next."""
        return time.monotonic() - self._written >= self._every

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block in which no other process can train from this folder; dying ends it too.

        Raises:
            CheckpointError: another process does.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CheckpointError(
                    f"Another training uses the checkpoints in {self._folder.name!r}; "
                    "wait for it, or choose another folder."
                ) from error
            self._tidy()
            try:
                yield
            finally:
                self._tidy()

    def load(self) -> Checkpoint | None:
        """The last checkpoint, or None where there is none.

        Raises:
            DamagedCheckpoint: it cannot be read.
            CheckpointError: it belongs to another training.
        """
        path = self._folder / _FILE
        if not path.exists():
            return None
        try:
            with safe_open(path, "pt") as file:
                told = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            identity = json.loads(told["identity"])
            state = json.loads(bytes(tensors[_STATE].numpy()))
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise self._damaged() from error
        if told.get("digest") != _digest(told["identity"], tensors):
            raise self._damaged()
        self._check(identity)
        return Checkpoint(state, {name: t for name, t in tensors.items() if name != _STATE})

    def save(self, checkpoint: Checkpoint) -> None:
        """Let this checkpoint take the place of the last one.

        Raises:
            CheckpointError: it cannot be written; the last one is left as it was.
        """
        tensors = {name: t.detach().cpu().contiguous() for name, t in checkpoint.tensors.items()}
        # As a tensor: safetensors bounds the length of its header, and the state grows with every step.
        tensors[_STATE] = torch.frombuffer(
            bytearray(json.dumps(checkpoint.state).encode()), dtype=torch.uint8
        )
        identity = json.dumps(self._identity)
        told = {"identity": identity, "digest": _digest(identity, tensors)}
        part = self._folder / _PART / _FILE
        try:
            part.parent.mkdir(exist_ok=True)
            save_file(tensors, part, told)
            sync_entry(part)
            part.replace(self._folder / _FILE)
            sync_entry(self._folder)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"The checkpoint in {self._folder.name!r} cannot be written ({error}); make room and start "
                "again. The last checkpoint is kept."
            ) from error
        self._written = time.monotonic()

    def clear(self) -> None:
        """Forget the checkpoint of a finished training."""
        (self._folder / _FILE).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Remove what was not written to its end; safetensors leaves a file of its own when it is killed."""
        shutil.rmtree(self._folder / _PART, ignore_errors=True)

    def _check(self, identity: Mapping[str, Any]) -> None:
        names = sorted({*identity, *self._identity})
        other = [name for name in names if identity.get(name) != self._identity.get(name)]
        if other:
            raise CheckpointError(
                f"The checkpoint in {self._folder.name!r} belongs to another training: other "
                f"{', '.join(other)}. Choose another folder, or delete it to begin anew."
            )

    def _damaged(self) -> DamagedCheckpoint:
        return DamagedCheckpoint(
            f"The checkpoint in {self._folder.name!r} is damaged; delete it to begin anew."
        )


def _digest(identity: str, tensors: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(identity.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
