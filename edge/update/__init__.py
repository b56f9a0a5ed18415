"""Updates of the model on a device: fetch, evaluation, installation, trial and rollback."""
