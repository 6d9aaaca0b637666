"""One file per subject: rows to findings, and beside it the repair where one is safe."""
