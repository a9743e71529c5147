"""Campaigns: tests that are played for minutes or hours to prove something, each with a short form in the suite."""
