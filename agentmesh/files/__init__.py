"""A file on its way: how it is cut, hashed, named and paced. No disk and no clock in here."""
