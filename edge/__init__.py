"""The device side: a self-describing model file and a source of frames in, decisions out. Imports no heavy library."""

__version__ = "0.1.0"
