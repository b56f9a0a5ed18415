"""Sinks around other sinks: queues, failures, and a choice of frames."""
