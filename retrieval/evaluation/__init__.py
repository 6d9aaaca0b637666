"""How well a store finds, answers, cites and abstains: measured on labelled questions, without a judge."""
