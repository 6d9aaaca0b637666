"""How the reader is made: training and calibration, on lessons that need WordNet and Debian's manuals."""
