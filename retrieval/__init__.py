"""Find the passages of a document corpus that bear on a question.

Knows nothing about language models' training, about use cases or HTTP.
"""
