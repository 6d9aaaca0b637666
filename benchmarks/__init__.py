"""Scripts that measure. Each prints its figures and says the command that made them."""
