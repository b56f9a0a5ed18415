"""A model file as a page: a folder that any static host serves, with its runtime inside."""
