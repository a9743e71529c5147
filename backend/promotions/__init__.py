"""Promotions: the one price function.

Guarantees that preview and order use the same pure function, that its lines add up to the fen, and that every price can be
explained line by line.
"""
