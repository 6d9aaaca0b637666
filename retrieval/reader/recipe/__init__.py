"""How the reader is made: questions from prose, lessons, training. Needs WordNet and Debian's manuals."""
