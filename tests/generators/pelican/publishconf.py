"""Settings of the published site."""

SITEURL = "https://pelican.example"
FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_MAX_ITEMS = None
