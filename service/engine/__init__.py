"""The process that holds the models, and how the web process reaches it."""
