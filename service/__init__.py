"""HTTP and the command line; owns jobs, settings and storage. Importing it loads no model library."""
