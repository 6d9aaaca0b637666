"""Make a model better at a task from examples: LoRA adapters and heads on frozen embeddings.

Knows nothing about documents, use cases or HTTP. It writes adapter folders that `generation` reads.
"""
