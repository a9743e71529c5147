"""Steps: what several use cases share inside one transaction, joining several nouns."""
