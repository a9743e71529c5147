"""What `campaign faults` does to a real shop, by the part of it that is hurt; the table itself is `tests/campaigns/faults.py`."""
