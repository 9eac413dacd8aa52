"""The site: a mapping from path to document, composed from the index."""
