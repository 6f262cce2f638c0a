"""What the registry keeps."""
