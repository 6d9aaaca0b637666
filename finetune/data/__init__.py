"""Data to learn from: read in any usual form, checked, repaired, split and shown.

Knows nothing about models but what a tokenizer is; it never imports a model library.
"""
