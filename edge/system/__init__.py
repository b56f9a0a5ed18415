"""The machine below: files, locks, HTTP, memory, clocks and the service manager."""
