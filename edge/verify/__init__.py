"""What a model file must pass before native code sees it: its structure is checked, then a child process tries it.

Interpreters trust their files: a forged one can crash them, or worse. A file is spared all this where somebody vouches
for it: it is the built-in one, or has the SHA-256 or the signature that was asked for.
"""
