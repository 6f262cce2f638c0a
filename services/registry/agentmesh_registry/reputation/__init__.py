"""What others think of an agent, in a form that nobody can buy."""
