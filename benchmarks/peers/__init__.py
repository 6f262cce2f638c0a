"""Other messengers for agents, installed as published and measured by the same plan."""
