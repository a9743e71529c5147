"""Queries: reads for screens; frozen dataclasses or ready JSON."""
