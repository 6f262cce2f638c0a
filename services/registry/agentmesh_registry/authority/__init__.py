"""The authority: whose word certificates here go back to. Its key is apart from the database."""
