"""Commands on what was written down: the audit log, transcripts, receipts, backups."""
