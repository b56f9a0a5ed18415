"""A folder of photographs -> what a model knows of the real world: accuracy, rejection, time and its mistakes."""
