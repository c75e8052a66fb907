"""What every suite needs: where the gateway is, what the scripted models answer, and how cases are run and counted."""

import asyncio
import inspect
import json
import os
import sys
import traceback
import urllib.request

URL = os.environ["BASE_URL"]
KEY = os.environ["API_KEY"]
EMPTY_KEY = os.environ["EMPTY_KEY"]
HOSTS = os.environ["HOSTS"].split(",")

WORDS = "w0 w1 w2 w3 w4 w5 w6 w7"
RESULTS = "Results: weather 0, time 0, weather 1, time 1"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = "https://example.com/cat.png"
SEEN = "Pictures: 6b7fa434"

cases = []


def case(*variants, hosts=HOSTS):
    """Runs a function for every host (None: without one) and every variant."""

    def register(function):
        for host in hosts or [None]:
            for variant in variants or [()]:
                arguments = (host,) if host else ()
                arguments += variant if isinstance(variant, tuple) else (variant,)
                cases.append((f"{function.__name__}{arguments}", function, arguments))
        return function

    return register


def key_with(aliases):
    """A key to which models have other names: for clients that take only names that they know."""
    request = urllib.request.Request(
        f"{URL}/key/generate",
        data=json.dumps({"aliases": aliases}).encode(),
        headers={"authorization": f"Bearer {os.environ['MASTER_KEY']}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)["key"]


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind} was not raised")


def same(is_, wanted):
    assert is_ == wanted, f"{is_!r} is not {wanted!r}"


def main(what):
    only = sys.argv[1:]
    failed = 0
    # One loop for all: clients keep connections of theirs from case to case.
    loop = asyncio.new_event_loop()
    run = [one for one in cases if all(word in one[0] for word in only)]
    for name, function, arguments in run:
        try:
            result = function(*arguments)
            if inspect.iscoroutine(result):
                loop.run_until_complete(result)
        except Exception:
            failed += 1
            print(f"FAILED {name} ({what})\n{traceback.format_exc()}", flush=True)
    print(f"{what}: {len(run)} cases", flush=True)
    print(f"{len(run) - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)
