"""Networks, optimizers, and the backend they run on."""
