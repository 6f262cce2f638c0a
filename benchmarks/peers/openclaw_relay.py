"""Run openclaw-p2p's relay as published, with its three limits raised: `python THIS PORT`.

As shipped it takes 200 connections, 10 from an address and 120 messages a minute from an agent,
and drops the rest in silence: no rate could be measured. Nothing else is touched.
"""

import asyncio
import sys

from p2p import relay_server

LIMITLESS = 10**9

relay_server.MAX_CONNECTIONS = LIMITLESS
relay_server.MAX_CONNECTIONS_PER_IP = LIMITLESS
relay_server.MAX_MSG_PER_MINUTE = LIMITLESS

if __name__ == "__main__":
    asyncio.run(relay_server.run_relay("127.0.0.1", int(sys.argv[1])))
