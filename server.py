"""The ASGI entry: `uvicorn server:app`.

The config is the file that FEEDS_CONFIG names, or config.yaml beside this file.
FEEDS_METRICS=1 opens /metrics, FEEDS_LOG=json logs each request as a line of JSON, FEEDS_FOLLOW=1 reads no articles but
serves what another process writes to the index.
"""

import os
from functools import partial
from pathlib import Path

from feeds.config import loader
from feeds.web.app import create_app

path = Path(os.environ.get("FEEDS_CONFIG") or Path(__file__).with_name("config.yaml"))
app = create_app(
    partial(loader.load, path),
    metrics=os.environ.get("FEEDS_METRICS") == "1",
    log_json=os.environ.get("FEEDS_LOG") == "json",
    follow=os.environ.get("FEEDS_FOLLOW") == "1",
)
