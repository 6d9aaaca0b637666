"""The model in the box: weights, tokenizer and chat template, and the recipe that made them."""
