# Feeds behind Varnish (6.0 or newer): `feeds serve --log none --host 127.0.0.1 --port 8000`.
vcl 4.1;

import std;

backend feeds {
    .host = "127.0.0.1";
    .port = "8000";
    .probe = { .url = "/readyz"; .interval = 5s; .threshold = 3; .window = 5; }
}

sub vcl_recv {
    # While the server is well, nobody gets a copy that is stale for longer than its stale-while-revalidate.
    if (std.healthy(req.backend_hint)) {
        set req.grace = 1h;
    }
    if (req.url ~ "^/metrics") {
        return (synth(404));
    }
    # A delta is for one reader.
    if (req.http.A-IM ~ "(?i)feed") {
        return (pass);
    }
    # Feeds has no cookies; Varnish unpacks gzip itself for those who do not take it, and knows no other coding.
    unset req.http.Cookie;
}

sub vcl_backend_response {
    # Varnish reads max-age and stale-while-revalidate itself. Keep what stale-if-error allows, and validate with If-None-Match.
    set beresp.grace = 1d;
    set beresp.keep = 7d;
    if (beresp.status >= 500 && bereq.is_bgfetch) {
        return (abandon);
    }
}
