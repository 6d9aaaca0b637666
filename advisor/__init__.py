"""Measure prompting, retrieval, fine-tuning and their combinations on a use case, and recommend one.

Knows nothing about HTTP or jobs.
"""
