"""One file per format; each writes what it reads into a draft. Libraries are loaded when first needed."""
