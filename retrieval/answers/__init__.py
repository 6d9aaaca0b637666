"""Answers with exact citations, or an honest abstention.

What a model writes is never believed: which words of the documents support an answer, and whether they
suffice, is worked out here. Knows nothing about HTTP or about how models are loaded.
"""
