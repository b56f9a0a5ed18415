"""The process that meets it: runs `edge-classify` again and again, and says after each run what was left over.

Its only argument is a JSON file: a list of command lines, each with the file its standard input comes from, or null.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
from pathlib import Path

MARK = "\x1f"
"""First character of a line that is this process's own."""
_LONGEST_WAIT_S = 30.0  # a server has ten for its head, and then FFmpeg has ten


def main() -> None:
    """Run them all."""
    sys.path.pop(0)  # this folder
    from edge.system.host import process_memory_bytes

    for arguments, stdin in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        code = _run(arguments, stdin)
        own = [thread for thread in threading.enumerate() if thread.name.startswith("edge.")]
        for thread in own:
            thread.join(_LONGEST_WAIT_S)
        gc.unfreeze()  # an error's traceback holds the model, which a process that ends needs no more
        gc.collect()
        left = {
            "code": code,
            "threads": threading.active_count(),
            "handles": len(list(Path("/proc/self/fd").iterdir())),
            "memory_bytes": process_memory_bytes("VmHWM"),
        }
        sys.stderr.flush()
        sys.stdout.write(f"{MARK}{json.dumps(left)}\n")
        sys.stdout.flush()


def _run(arguments: list[str], stdin: str | None) -> int:
    from edge.run.main import main as edge_classify

    if stdin is None:
        return edge_classify(arguments)
    with Path(stdin).open(encoding="utf-8") as file:
        sys.stdin = file
        return edge_classify(arguments)


if __name__ == "__main__":
    main()
