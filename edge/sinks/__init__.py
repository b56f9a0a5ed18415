"""Where answers go: a terminal, JSON lines, annotated pictures."""

from edge.sinks.explain import ExplainSink
from edge.sinks.jsonl import JsonLinesSink
from edge.sinks.picture import PictureSink
from edge.sinks.protocol import Sink
from edge.sinks.terminal import ChangesSink, TerminalSink

__all__ = ["ChangesSink", "ExplainSink", "JsonLinesSink", "PictureSink", "Sink", "TerminalSink"]
