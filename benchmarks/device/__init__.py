"""A bundle that measures on a board, and what it sends back."""
