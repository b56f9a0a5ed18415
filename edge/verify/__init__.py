"""Verification of model files before native code of this process reads them.

The bounds of a file are checked, then a child process loads and runs it (`edge.verify.gate`). The built-in file, and
one whose SHA-256 or signature was required, is trusted and skips both.
"""
