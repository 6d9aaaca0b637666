"""Durable work: a worker process that hands each job to a child process of its own."""
