"""Use cases: one verb a file; the only ones that open a transaction."""
