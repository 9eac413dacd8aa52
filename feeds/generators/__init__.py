"""Generators: a neutral `Feed` and its entries become the bytes of one format.

Each module has two doors. `render_entries` renders entries, in batches, to what stands in a feed; it does not depend on
the feed. `render_feed` puts rendered entries into the frame of one feed.
"""
