"""The command `edge-classify`: flags, frames in a loop, and its end."""
