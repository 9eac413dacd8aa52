"""Generators: a neutral `Feed` and its entries become the bytes of one format.

Each module has three doors. `render_entries` renders entries, in batches, to what stands in a feed; it does not depend on
the feed. `render_frame` renders what stands before and after the entries of one feed, and depends on no entry. `render_feed`
is both: the frame around the entries, with `BETWEEN` between each two.
"""
