"""Where a training runs: on this machine, or on another server. Both take the same order."""
