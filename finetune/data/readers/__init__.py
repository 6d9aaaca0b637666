"""One file per format: bytes to records with the line that each begins on."""
