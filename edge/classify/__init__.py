"""From a frame to a prediction, and from predictions to a decision."""
