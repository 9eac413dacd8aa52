"""Routines over plain values: text, dates, URLs, slugs, languages, media types and compression."""
