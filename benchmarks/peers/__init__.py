"""Other tools on the same files, in the same rounds: what a reader would otherwise compare this project with."""
