"""Files into a store and passages out of it: reading, cutting, embedding and putting as one step.

Knows nothing about HTTP, jobs or who asks.
"""
