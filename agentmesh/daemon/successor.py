"""Who we are at the start: the identity of our keys, or the one that took its place.

A crash leaves one of three: the registry has not proved the successor, and we are who we were; it
has, and our files and our store are still the old one's; or the files are the new one's and the
store is not yet. Each goes on from where it was.
"""

import asyncio

from agentmesh.crypto.secret import Secret
from agentmesh.identity.keys import Identity
from agentmesh.node.succeeded import pending, take_over
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.interface import Store
from agentmesh.storage.key_files import KeyFiles
from agentmesh.storage.open_keys import OpenKeys


async def settled(
    keys: OpenKeys, store: Store, files: KeyFiles, world: tuple[Clock, Entropy]
) -> OpenKeys:
    """Return the keys we have from now on; a succession that the registry proved is carried out."""
    it = await pending(store)
    if it is None:
        return keys
    if keys.identity.amid != it.new:
        if not it.is_published:
            return keys
        identity = Identity(Secret(it.seed))
        keys = await asyncio.to_thread(files.succeed, keys, identity, it.created_at)
    await take_over(store, it, *world)
    return keys
