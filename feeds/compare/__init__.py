"""Comparing two states of a site's feeds: the changes that subscribers see, and those that hurt them.

`snapshots` gives the documents of a folder or of a site over HTTP, `parsed` reads a feed back, `items` and `feeds` find
changes and harms, `reports` writes them for people, CI services and programs, `guard` compares a site with its last export.
"""
