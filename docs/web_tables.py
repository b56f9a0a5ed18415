"""The tables of `docs/web_figures.py` and `docs/web_runtimes.py`, for `docs/render.py`."""

from __future__ import annotations

from typing import Any

_KINDS = {"drawn": "drawn garments as JPEG", "photographs": "photographs"}


def page(figures: dict[str, Any]) -> str:
    """Return a table of what the page of one model costs, and how its answers compare."""
    rows = [
        (figures["model"], figures["browser"]),
        ("---", "--:"),
        ("sent at the first visit, by a host that compresses nothing", f"{figures['sent_bytes'] / 1e6:.1f} MB"),
        ("network ready", f"{figures['ready_ms'] / 1000:.1f} s"),
        ("first answer of the camera", f"{figures['first_answer_ms'] / 1000:.1f} s"),
        ("frames a second, of a camera of 30", f"{figures['fps']:.0f}"),
        ("frame to decision", f"{figures['decision_ms']:.0f} ms"),
        ("of it the network", f"{figures['invoke_ms']:.0f} ms"),
        ("the network in LiteRT for Python, same machine", f"{figures['host_invoke_ms']:.1f} ms"),
        *((f"the runner's likeliest class, of {part['images']} {_KINDS[name]}", f"{part['same_top1']}")
          for name, part in figures["images"].items()),
    ]  # fmt: skip
    return f"{_table(rows)}\n{_where(figures)}; times are medians of {figures['visits']} visits.\n"


def runtimes(figures: dict[str, Any]) -> str:
    """Return a table of both runtimes on the same networks."""
    names, sizes = figures["versions"], figures["gzip_bytes"]
    rows = [
        ("", *names.values(), "ratio in turn"),
        ("---", "--:", "--:", "--:"),
        ("script and WebAssembly, gzip", *(f"{sizes[name] / 1e6:.1f} MB" for name in names),
         f"{sizes['ort'] / sizes['litert']:.1f}"),
        *((row["network"], *(_milliseconds(row["invoke_ms"][name]) for name in names), _ratio(row["ort_to_litert"]))
          for row in figures["rows"]),
    ]  # fmt: skip
    return f"{_table(rows)}\n{_where(figures)}; one thread, medians of {figures['rounds']} rounds.\n"


def _table(rows: list[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _ratio(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.1f} ({ratio['lowest']:.1f} to {ratio['highest']:.1f})"


def _milliseconds(value: float) -> str:
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def _where(figures: dict[str, Any]) -> str:
    load = f"other work on the machine, load {figures['load_average_1min']:.1f} at the end"
    return f"{figures['host']}; {figures['utc'][:16].replace('T', ' ')} UTC; {load}"
