"""Encoders that learn to say what a text is, or what each of its words is: a head, with or without LoRA.

Knows text and tags, not conversations; a folder that it writes is no chat model.
"""
