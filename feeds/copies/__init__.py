"""Copies of the pictures of other sites, which pages show instead of those: named, fetched, made smaller, kept."""
