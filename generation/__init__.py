"""A model is a name you can send messages to.

The lowest floor: messages, prompts, models and their catalog. It knows nothing about
retrieval, training, measuring or HTTP.
"""
