"""Who owns an agent: proved at a provider where the owner signs in, or by e-mail."""
