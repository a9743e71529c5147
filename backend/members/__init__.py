"""Members: shoppers, their log-ins, addresses and consents.

Guarantees that one WeChat account is one member, that tokens can be revoked at once and are stored as hashes only, and
that phone, name and address are encrypted at rest.
"""
