"""The business of Tuanma: rules, use cases and data, without routes and screens (the doors stand beside this package)."""
