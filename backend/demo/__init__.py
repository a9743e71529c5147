"""The demo shop: what a newcomer meets at the first start.

Pure content: goods, people, days of shopping and drawn pictures, the same on every machine and every time. It knows
nothing of the database, the clock or the network and imports the kernel alone; `load-demo` brings it into a shop
through the same use cases and the same WeChat protocol as everything else.
"""
