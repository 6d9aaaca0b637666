"""What a remote training is told, and what it is refused before anything is sent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from finetune.backends.parcel import pack
from finetune.backends.port import Order
from finetune.backends.remote import RemoteBackend
from finetune.dataset import TrainingExample
from finetune.errors import DataMustStay, DatasetError, RecipeError
from finetune.recipe import Recipe
from finetune.session import Validation
from finetune.texts import TextExample
from generation.endpoint import RemoteEndpoint
from generation.messages import Message

ROW = TrainingExample((Message("user", "1 + 1?"), Message("assistant", "zwölf")))
OTHER = TrainingExample((Message("user", "1 + 2?"), Message("assistant", "3")))
RECIPE = Recipe(epochs=2, seed=3)
ORDER = Order([ROW, OTHER, ROW], RECIPE, Validation([OTHER]), "desk", data_may_leave=True)


def test_rows_and_dials_are_packed_in_openais_words() -> None:
    parcel = pack("m", ORDER)
    rows = [json.loads(line) for line in parcel.training.decode().splitlines()]
    assert [row["messages"][-1]["content"] for row in rows] == ["zwölf", "3"]
    assert parcel.validation is not None and json.loads(parcel.validation)["messages"][0]["role"] == "user"
    assert parcel.dials == {"n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": "auto"}
    told = pack("m", replace(ORDER, recipe=Recipe(batch_rows=4, rate_multiplier=0.5))).dials
    assert told == {"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 0.5}


def test_only_the_same_order_has_the_same_key() -> None:
    key = pack("m", ORDER).key
    assert key == pack("m", replace(ORDER, data_may_leave=False)).key
    others = [
        pack("n", ORDER),
        pack("m", replace(ORDER, examples=[OTHER])),
        pack("m", replace(ORDER, validation=Validation())),
        pack("m", replace(ORDER, suffix="other")),
        pack("m", replace(ORDER, recipe=replace(RECIPE, seed=4))),
        pack("m", replace(ORDER, recipe=replace(RECIPE, epochs=1))),
    ]
    assert len({key, *(other.key for other in others)}) == len(others) + 1


def test_what_a_server_cannot_be_told_is_refused() -> None:
    with pytest.raises(RecipeError, match="told method, rank;"):
        pack("m", replace(ORDER, recipe=Recipe(method="dora", rank=4)))
    with pytest.raises(DatasetError, match=r"Row 2: .* conversations"):
        pack("m", replace(ORDER, examples=[ROW, TextExample("plain")]))
    with pytest.raises(DatasetError, match="Validation: row 1"):
        pack("m", replace(ORDER, validation=Validation([TextExample("plain")])))
    with pytest.raises(DatasetError, match="at least one"):
        pack("m", replace(ORDER, examples=[]))


def test_rows_that_must_stay_are_not_sent() -> None:
    """Nobody listens there: an attempt to send would end in another error."""
    backend = RemoteBackend("m", RemoteEndpoint("http://127.0.0.1:9/v1", retries=0))
    with pytest.raises(DataMustStay, match="sent to http"):
        backend.train(replace(ORDER, data_may_leave=False))
