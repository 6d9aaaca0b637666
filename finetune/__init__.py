"""Make a model better at a task from examples: adapters, full trainings, and heads on frozen embeddings.

Knows nothing about documents, use cases or HTTP. It writes adapter folders that `generation` reads.
"""
