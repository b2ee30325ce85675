"""Flask on gunicorn, sqlite3: a hook is committed, then answered."""

import os
import sqlite3

from flask import Flask, Response, g, request

app = Flask(__name__)


def connection():
    if "connection" not in g:
        g.connection = sqlite3.connect(os.environ["PEER_DATABASE"], timeout=30)
        g.connection.execute("PRAGMA journal_mode=WAL")
        g.connection.execute("PRAGMA synchronous=FULL")
    return g.connection


with sqlite3.connect(os.environ["PEER_DATABASE"]) as first:
    first.execute(
        "CREATE TABLE IF NOT EXISTS hooks (id INTEGER PRIMARY KEY, method TEXT, body TEXT)"
    )


@app.teardown_appcontext
def close(_):
    if "connection" in g:
        g.connection.close()


@app.post("/hooks/<node>/<token>/<method>")
def take(node, token, method):
    request.get_json()
    with connection() as database:
        database.execute("INSERT INTO hooks (method, body) VALUES (?, ?)", (method, request.data))
    return Response(request.data, content_type="application/json")
