"""Infra: settings, clock, database, unit of work, outbox, client keys, audit, logging, crypto.

Technical means that know nothing of the shop; everything above stands on them.
"""
