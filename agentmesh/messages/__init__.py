"""Words inside the seal."""
