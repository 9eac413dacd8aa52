"""Push: a WebSub publisher and hub, and an rssCloud server. Subscribers hear of a changed feed within a second."""
