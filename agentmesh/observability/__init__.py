"""What is told to people about what happened: logs, audit, transcripts, metrics, health."""
