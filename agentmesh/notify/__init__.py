"""How the owner is told: a program, a webhook, a topic. Nothing here quotes a peer."""
