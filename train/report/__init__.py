"""Report of a training on your own images: its mistakes, doubtful labels, and what more images would bring."""
