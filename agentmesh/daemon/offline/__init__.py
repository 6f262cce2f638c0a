"""The program that answers calls about records where no daemon runs."""
