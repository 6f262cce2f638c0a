"""The life of an agent on the mesh."""
