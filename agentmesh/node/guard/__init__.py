"""What holds the agent and its peers: breakers, the emergency stop, notices to the owner."""
