"""Where predictions go: a terminal, JSON lines, an annotated picture."""

from edge.sinks.jsonl import JsonLinesSink
from edge.sinks.picture import PictureSink
from edge.sinks.protocol import Sink
from edge.sinks.terminal import TerminalSink

__all__ = ["JsonLinesSink", "PictureSink", "Sink", "TerminalSink"]
