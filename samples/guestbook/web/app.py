"""A guestbook: people leave a line, everybody reads them. Entries are in redis."""
import json
import os
import time

import redis
from flask import Flask, jsonify, redirect, render_template, request

import version

SHOWN = 20

app = Flask(__name__)
store = redis.Redis(host="redis", decode_responses=True)
where = {
    "version": version.VERSION,
    "release": os.environ.get("SLIPWAY_RELEASE", "none"),
    "slot": os.environ.get("SLIPWAY_SLOT", "none"),
}


def entries():
    return [json.loads(line) for line in store.lrange("entries", 0, -1)]


@app.after_request
def say_which_version_answered(answer):
    answer.headers["X-Guestbook-Version"] = version.VERSION
    return answer


@app.get("/")
def page():
    newest = [json.loads(line) for line in store.lrange("entries", 0, SHOWN - 1)]
    return render_template("page.html", entries=newest, **where)


@app.post("/")
def sign():
    add(request.form)
    return redirect("/", code=303)


@app.get("/api/entries")
def read_entries():
    return jsonify(**where, count=store.llen("entries"), entries=entries() if request.args.get("all") else [])


@app.post("/api/entries")
def add_entry():
    return jsonify(**where, entry=add(request.get_json())), 201


@app.get("/stats")
def stats():
    return version.stats(entries()) + "\n", {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/up")
def up():
    store.ping()
    return "ok\n"


def add(form):
    entry = {"name": str(form.get("name") or "somebody")[:60], "text": str(form.get("text") or "")[:500], "at": int(time.time())}
    store.lpush("entries", json.dumps(entry))
    return entry
