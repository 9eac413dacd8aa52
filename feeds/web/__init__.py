"""The web: a site over HTTP, each document as the bytes that export writes."""
