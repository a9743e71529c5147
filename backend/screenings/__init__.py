"""Screenings: what WeChat was asked about texts and pictures before others may see them, and what it said.

Guarantees that each text and each picture of each revision is asked about in one row, that a verdict is taken once, from
WeChat alone, and that what is superseded by a newer revision decides nothing any more. Refuses nothing; it keeps the record.
"""
