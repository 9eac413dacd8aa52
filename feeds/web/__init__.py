"""The web server: a site over HTTP, with the same bytes that an export writes."""
