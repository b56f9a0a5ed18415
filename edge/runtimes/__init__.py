"""One small protocol over the libraries that run a model file; each library is imported in one adapter only."""

from edge.runtimes.protocol import RUNTIMES, Runtime, open_runtime, runtime_for

__all__ = ["RUNTIMES", "Runtime", "open_runtime", "runtime_for"]
