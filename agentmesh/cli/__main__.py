"""`python -m agentmesh.cli`: the same as the command `agentmesh`."""

from agentmesh.cli.main import main

if __name__ == "__main__":
    main()
