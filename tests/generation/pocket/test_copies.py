"""The trainer of the model in the box knows where each copied token of an answer stands."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from generation.pocket.recipe import tokenizer as recipe
from generation.pocket.recipe.copies import CopyFinder, Trace
from generation.pocket.recipe.episode import Copy, Episode, Turn, episode
from generation.pocket.recipe.guide import Guide
from generation.pocket.recipe.rows import ANSWER_WEIGHT, Batch, batches
from generation.prompts import Passage, render

TEXTS = (
    "The colour of Galdor is harbor blue.",
    '{"colour": "harbor blue", "size": 42}',
    "the size of 7 galdors",
)
WORDS = st.text("abcdeHBgalorsz-_.'\"{}é", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def vocabulary() -> PreTrainedTokenizerFast:
    return recipe.learn(TEXTS * 20)


def lesson() -> Episode:
    passage = Passage("", "The colour of Galdor is harbor blue. The size of Galdor is 42.")
    turns = [
        Turn("What is the size of Galdor?", "42", (Copy("42", ("Galdor", "size")),)),
        Turn("What is its colour?", "harbor blue", (Copy("harbor blue", ("colour",)),)),
    ]
    return episode("questions", render("", turns[0].asked, passages=[passage]), turns)


def forever(one: Episode) -> Iterator[Episode]:
    while True:
        yield one


@given(word=WORDS)
def test_a_word_has_the_same_pieces_with_and_without_a_space_before_it(
    vocabulary: PreTrainedTokenizerFast, word: str
) -> None:
    bare, spaced = vocabulary.tokenize(word), vocabulary.tokenize(" " + word)
    assert "".join(spaced) == recipe.SPACE + "".join(bare)
    assert [piece.removeprefix(recipe.SPACE) for piece in spaced if piece != recipe.SPACE] == bare


@given(text=st.text(max_size=60))
def test_every_text_survives_the_tokenizer(vocabulary: PreTrainedTokenizerFast, text: str) -> None:
    ids = vocabulary.encode(text, add_special_tokens=False)
    assert vocabulary.decode(ids) == text


def test_an_answer_is_traced_to_the_place_with_its_clues(vocabulary: PreTrainedTokenizerFast) -> None:
    said = vocabulary.encode("the size is harbor blue. the colour is harbor blue. what colour?")
    ids = said + vocabulary.encode("harbor blue")
    trace = Trace()
    copies = [Copy("harbor blue", ("colour",))]
    CopyFinder(vocabulary).trace(ids, len(said), len(ids), copies, trace)
    places = [place for (place,) in trace.sources.values()]
    assert vocabulary.decode([ids[place] for place in places]) == " harbor blue"
    assert vocabulary.decode(ids[: places[0]]) == "the size is harbor blue. the colour is"
    asking, source = len(said) - 1, places[0]
    assert vocabulary.decode([ids[clue] for clue in trace.clues[asking]]) == " colour"
    assert vocabulary.decode([ids[clue] for clue in trace.clues[source]]) == " colour"
    assert trace.clues[source][-1] < source < trace.clues[asking][0]


def test_a_batch_traces_answers_inside_their_own_episode(vocabulary: PreTrainedTokenizerFast) -> None:
    batch: Batch = next(batches(forever(lesson()), vocabulary, lambda: (2, 400)))
    taught = batch.weights == ANSWER_WEIGHT
    copied = batch.sources[..., 0] >= 0
    ends = batch.ids == vocabulary.eos_token_id
    assert copied.any()
    assert (copied == (taught & ~ends)).all()
    letters = [
        piece.removeprefix(recipe.SPACE) for piece in vocabulary.convert_ids_to_tokens(range(len(vocabulary)))
    ]
    begins = vocabulary.convert_tokens_to_ids(recipe.SYSTEM)
    for row, position in zip(*copied.nonzero(), strict=True):
        source = batch.sources[row, position, 0]
        assert letters[batch.ids[row, source]] == letters[batch.ids[row, position]]
        assert begins not in batch.ids[row, source:position]


def test_guided_heads_learn_where_to_look(vocabulary: PreTrainedTokenizerFast) -> None:
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(vocabulary), initializer_range=0.2, **shape))
    guide = Guide(model)
    batch = next(batches(forever(lesson()), vocabulary, lambda: (1, 200)))
    ids, sources, clues = map(torch.from_numpy, (batch.ids, batch.sources, batch.clues))
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01)
    seen = []
    for _ in range(30):
        model(ids, use_cache=False)
        missed, scattered = guide.loss(sources, clues)
        (missed + scattered).backward()
        optimiser.step()
        optimiser.zero_grad()
        seen.append((missed.item(), scattered.item()))
    alike = torch.log((clues >= 0).sum(-1)[clues[..., 0] >= 0].float()).mean().item()
    assert seen[-1][0] < 0.5 * seen[0][0]
    assert alike - 1e-3 < seen[-1][1] < 0.8 * seen[0][1]
