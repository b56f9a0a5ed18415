"""`edge-classify describe`: facts about a model file, and the specification written into it."""
