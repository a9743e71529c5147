"""Messages: subscribe messages that WeChat delivers – templates, the consents that shoppers give for them, and sends.

Guarantees that every message is told once at most, that each costs one consent of its receiver and none is spent that was
not given, and that the balance of consents is the sum of its journal. What WeChat may or may not have sent is never sent again.
"""
