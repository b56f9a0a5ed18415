"""Images of your own classes from a camera, by the buttons of a page or at intervals."""
