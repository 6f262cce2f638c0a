"""The mesh_* tools: one definition each."""
