"""How the shipped calibrations are made. Needs WordNet and Debian's manuals, as the reader's recipe does."""
