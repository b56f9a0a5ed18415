"""Damaged images, bombs, videos and servers, and the process that reads them."""
