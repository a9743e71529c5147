"""Vector-like drawing with Pillow: outlines, paints, a canvas, and the things that the shop sells."""
