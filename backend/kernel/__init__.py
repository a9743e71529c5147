"""Kernel: money, identifiers, refusals, state machines, actors, calendar.

Pure and standard library only. Everything here is a value or a function of values; nothing reads the clock,
the database or the settings.
"""
