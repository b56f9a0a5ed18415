"""Command `edge-classify`: its flags and its loop."""
