"""A plugin for pytest. It writes a line of JSON to the file $JOURNAL when a test begins and one when it has ended, leaves
out tests that are in there already, and ends the process, with a stack trace, when a test takes too long: what began and
has not ended is what hangs, and the next process goes on behind it. Too long is $JOURNAL_LIMIT seconds, and a quarter of
that for the tests of $JOURNAL_SUSPECTS."""

import faulthandler
import json
import os
import sys

path, limit = os.environ["JOURNAL"], float(os.environ["JOURNAL_LIMIT"])
suspects = os.environ["JOURNAL_SUSPECTS"].split()
stderr = os.dup(2)  # for the trace: pytest may take the other one away
current = None


def name(nodeid):
    file, *rest = nodeid.split("::")
    return ".".join([os.path.basename(file).removesuffix(".py"), *rest])


def write(**line):
    with open(path, "a") as journal:
        journal.write(json.dumps(line) + "\n")


def pytest_collection_modifyitems(items):
    done = set()
    if os.path.exists(path):
        with open(path) as journal:
            done = {json.loads(line)["test"] for line in journal}
    items[:] = [item for item in items if name(item.nodeid) not in done]


def pytest_runtest_logstart(nodeid):
    global current
    current = {"test": name(nodeid), "outcome": "passed", "message": ""}
    write(test=current["test"])
    faulthandler.dump_traceback_later(limit / 4 if current["test"] in suspects else limit, exit=True, file=stderr)


def pytest_runtest_logreport(report):
    if report.outcome != "passed" and current["outcome"] != "failed":  # else tearDown fails, too
        current["outcome"] = report.outcome
        current["message"] = explain(report.longrepr)


def explain(longrepr):
    if isinstance(longrepr, tuple):  # skipped: file, line, reason
        return str(longrepr[-1])
    crash = getattr(longrepr, "reprcrash", None)
    if crash is None:
        return str(longrepr)
    places = [entry.reprfileloc for entry in longrepr.reprtraceback.reprentries if entry.reprfileloc]
    return " < ".join([crash.message, *("%s:%d" % (os.path.basename(at.path), at.lineno) for at in reversed(places))])


def pytest_runtest_logfinish(nodeid):
    faulthandler.cancel_dump_traceback_later()
    write(**current)
