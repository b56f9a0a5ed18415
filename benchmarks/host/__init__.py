"""Facts about the machine and its software, without which a number means nothing."""
