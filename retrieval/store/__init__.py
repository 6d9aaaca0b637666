"""A durable store of many files' chunks in one folder: SQLite for the truth, segment files for vectors.

Knows nothing about parsing, chunking, HTTP or who asks.
"""
