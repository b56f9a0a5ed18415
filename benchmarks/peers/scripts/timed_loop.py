"""Loop shared by the scripts here: the job on stdin, warm-up, one reading of the clock on each side of a call.

These scripts run in Pythons that have a peer's library and nothing of this project, so they import none of it.
"""

import gc
import json
import sys
import time


def main(load):
    """Read a job, time what `load` makes of it (version, function of one input, inputs), print the outcome as JSON."""
    job = json.load(sys.stdin)
    try:
        version, call, inputs = load(job)
    except ImportError as error:
        return _print({"status": "not installed", "reason": str(error)})
    except Exception as error:  # each library has its own kinds
        return _print({"status": "failed", "reason": " ".join(str(error).split())[:200]})
    warm_up(call, inputs, job["warmup"], job["warmup_s"])
    return _print({"status": "ok", "version": version, "invoke_ns": timed(call, inputs, job["runs"])})


def warm_up(call, inputs, calls, duration_s):
    """Call so many times and so long, both at least."""
    end = time.perf_counter() + duration_s
    made = 0
    while made < calls or time.perf_counter() < end:
        call(inputs[made % len(inputs)])
        made += 1


def timed(call, inputs, count):
    """Nanoseconds of each of so many calls, in order, with the garbage collector off."""
    gc.collect()
    gc.disable()
    latencies = []
    for number in range(count):
        argument = inputs[number % len(inputs)]
        started = time.perf_counter_ns()
        call(argument)
        latencies.append(time.perf_counter_ns() - started)
    return latencies


def _print(answer):
    print(json.dumps(answer))
