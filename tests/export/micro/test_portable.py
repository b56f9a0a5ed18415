"""The table of one network everywhere in docs/micro.md: each row names the machine that its figures are of."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


def test_each_row_names_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    micro = import_module("micro")
    report, browsers = (
        json.loads((DOCS / "measured" / f"portable_{kind}.json").read_text(encoding="utf-8"))
        for kind in ("micro", "web")
    )
    browsers |= {"host": "host: Another CPU, 4 cores", "utc": "2026-01-02T03:04:05Z", "load_average_1min": 0.2}
    table, _, below = micro.page(report, browsers).partition("\n\n")
    rows = [line.split(" | ") for line in table.splitlines()[2:]]
    assert len(rows) == 3 * len(report["rows"])
    for _network, runtime, machine, *_ in rows:
        assert machine.endswith("computer B" if "LiteRT.js" in runtime else "computer A"), runtime
    machines = dict(re.findall(r"- computer (.): (.*)", below))
    name, when, load = machines["B"].split("; ")
    assert (name, when, load.split(",")[0]) == ("Another CPU, 4 cores", "2026-01-02 03:04 UTC", "load 0.2")
    assert report["environment"]["utc"][:10] in machines["A"]
    times = [float(row[-2]) for row in rows]
    ratios = [float(row[-1].removesuffix(" |")) for row in rows]
    assert ratios[::3] == [1.0] * len(report["rows"])
    assert abs(times[2] / times[0] - ratios[2]) / ratios[2] < 0.1
