"""Push: a WebSub publisher and hub, and an rssCloud server."""
