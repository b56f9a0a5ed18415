"""From measurements to rows, losses, findings, a recommendation and a gate."""
