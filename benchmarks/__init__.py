"""Model files -> honest numbers: latency, accuracy, size and memory of every variant on the machine at hand."""
