"""Flask-WebSub (PyPI) as a subscriber or a hub, run as a program by the tests. Prints events on stdout, a line of JSON each."""

import json
import os
import sys
import threading
from typing import Any

import celery
from flask import Flask
from flask_websub import subscriber
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server


def say(*what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def serve(app: Flask) -> int:
    """Serve `app` on a free port of loopback. Returns the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_port)


def subscribe(hub: str, topic: str, secret: str) -> None:
    """Subscribe, then obey commands on stdin: renew or unsubscribe."""
    # It sends no secrets to hubs without TLS, and there is none on loopback.
    subscriber.is_secure = lambda url: True
    made = subscriber.Subscriber(
        subscriber.SQLite3SubscriberStorage("subscriber.db"), subscriber.SQLite3TempSubscriberStorage("subscriber.db")
    )
    made.add_success_handler(lambda topic, callback, mode: say(mode, topic))
    made.add_error_handler(lambda topic, callback, reason: say("denied", topic, reason))
    made.add_listener(lambda topic, callback, body: say("content", topic, body.decode()))
    app = Flask(__name__)
    app.register_blueprint(made.build_blueprint(url_prefix="/callbacks"))
    app.config["SERVER_NAME"] = f"127.0.0.1:{serve(app)}"
    with app.app_context():
        id = made.subscribe(topic_url=topic, hub_url=hub, lease_seconds=3600, secret=secret)
        say("asked")
        for line in sys.stdin:
            {"renew": made.renew, "unsubscribe": made.unsubscribe}[line.strip()](id)


def hub() -> None:
    """A hub that does its tasks within the request."""
    app = Flask(__name__)
    app.config["PUBLISH_SUPPORTED"] = True
    worker = celery.Celery("hub", broker="memory://", backend="cache+memory://")
    worker.conf.task_always_eager = True
    made = Hub(SQLite3HubStorage("hub.db"), worker, PUBLISH_SUPPORTED=True, MAX_ATTEMPTS=0)
    app.register_blueprint(made.build_blueprint(url_prefix="/hub"))
    say("listening", f"http://127.0.0.1:{serve(app)}/hub")
    sys.stdin.read()


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    programs: dict[str, Any] = {"subscribe": subscribe, "hub": hub}
    programs[sys.argv[2]](*sys.argv[3:])
