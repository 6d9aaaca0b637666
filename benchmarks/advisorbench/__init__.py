"""AdvisorBench: is the advice good? Definitions stand in docs/advisorbench/README.md."""
