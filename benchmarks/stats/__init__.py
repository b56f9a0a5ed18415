"""What counts of right and wrong answers allow one to say; pure functions of numbers, on numpy and scipy."""
