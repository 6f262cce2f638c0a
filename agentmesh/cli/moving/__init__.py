"""Commands for those who come from somewhere else."""
