"""The ASGI entry: `uvicorn server:app`.

The config is the file that FEEDS_CONFIG names, or config.yaml beside this file.
FEEDS_METRICS=1 opens /metrics. FEEDS_LOG=json or FEEDS_LOG=text logs each request as a line of JSON or in the Common Log
Format; run uvicorn with --no-access-log then, whose own log halves the throughput. FEEDS_FOLLOW=1 reads no articles but serves
what another process writes to the index.
"""

import os
from functools import partial
from pathlib import Path

from feeds.config import loader
from feeds.web.app import LOG_FORMS, create_app

path = Path(os.environ.get("FEEDS_CONFIG") or Path(__file__).with_name("config.yaml"))
app = create_app(
    partial(loader.load, path),
    metrics=os.environ.get("FEEDS_METRICS") == "1",
    access_log=LOG_FORMS.get(os.environ.get("FEEDS_LOG", "none")),
    follow=os.environ.get("FEEDS_FOLLOW") == "1",
    own_process=True,
)
