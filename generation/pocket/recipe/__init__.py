"""How Pocket was made: episodes, tokenizer, training, skills.

Only development runs this; the product reads the finished folder beside it.
"""
