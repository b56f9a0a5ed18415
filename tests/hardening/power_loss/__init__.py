"""Power cuts: real commands killed with SIGKILL at random moments, every file looked at, and started again."""
