"""Decisions as pictures: files, snapshots, a video and a window."""
