"""Everything that `doctor` may find. `docs/owner.md` has this table, and a test compares them.

`python -m agentmesh.observability.catalogue` prints the rows.
"""

import sys

import msgspec

from agentmesh.observability.findings import Severity


class Known(msgspec.Struct, frozen=True):
    """A finding by its id. `mends`: `doctor --fix` does what mends it."""

    id: str
    severity: Severity
    meaning: str
    mends: bool = False


KNOWN = (
    # This machine.
    Known("python_too_old", "error", "Python is older than 3.11"),
    Known("foreign_agentmesh", "error", "another project's package `agentmesh` is installed"),
    Known("running_as_root", "warning", "an agent with every right on the machine"),
    Known("core_dumps_on", "warning", "a crash may write keys to the disk"),
    Known("swap_on", "note", "memory with keys in it may be written to the disk"),
    Known("file_limit_low", "warning", "fewer than 1,024 open files are allowed"),
    Known("disk_low", "warning", "less than 500 MiB are free (an error below 50 MiB)"),
    Known("inodes_low", "warning", "the disk takes few more files, or none"),
    Known(
        "agent_runs_commands",
        "warning",
        "an agent of OpenClaw reads the mesh and may run commands "
        "([docs/hosts.md](hosts.md#what-an-agent-may-do-besides))",
    ),
    Known(
        "peers_run_commands",
        "error",
        "OpenClaw's `channels.agentmesh.alsoAllow` opens commands to other agents' messages",
    ),
    Known(
        "owner_not_woken", "warning", "OpenClaw's settings are such that `wakeOwner` wakes nobody"
    ),
    Known(
        "openclaw_unread", "warning", "OpenClaw's settings cannot be read; nothing is said of them"
    ),
    Known("service_missing", "note", "systemd is here, and does not start the daemon after a boot"),
    # The home.
    Known("no_home", "note", "nothing was started here yet"),
    Known("home_readonly", "error", "nothing can be written into the home"),
    Known("home_on_network", "warning", "the home is on a disk of another machine"),
    Known("home_is_temporary", "warning", "the home is where things vanish with the next boot"),
    Known("directory_open", "error", "others can enter a directory of the home", mends=True),
    Known("file_open", "error", "others can read a file of the home", mends=True),
    Known("backup_open", "error", "others can read a backup of the home", mends=True),
    Known("leftovers", "note", "unfinished files that a crash left behind", mends=True),
    # The daemon's process.
    Known("not_running", "warning", "no daemon: nothing is sent or received"),
    Known("socket_stale", "warning", "a socket that nobody listens at any more", mends=True),
    Known("socket_path_too_long", "error", "the control socket's path has no room"),
    Known("daemon_deaf", "error", "a daemon holds the home, and does not listen"),
    Known("two_daemons", "error", "two daemons of one home"),
    Known("daemon_differs", "warning", "the daemon runs another version than this command"),
    Known("examination_failed", "warning", "keys, settings, data or disk could not be looked at"),
    # Settings and policy.
    Known("config_refused", "error", "`config.json` is not as it should be: no daemon starts"),
    Known("policy_refused", "error", "`policy.json` is invalid; the last valid one holds"),
    Known("policy_open", "warning", "strangers without a provable owner get in unasked"),
    Known("key_changed", "error", "other keys than its own were shown for a contact"),
    Known("contact_revoked", "error", "a contact was taken back; it may name a successor"),
    Known("registry_caught", "error", "the registry's log was taken back, or differs for others"),
    Known("identity_revoked", "error", "this agent's identity was taken back, for good"),
    Known("succession_pending", "warning", "a new identity waits for the registry"),
    Known(
        "authority_untrusted",
        "error",
        "the registry's authority is none of those in `AGENTMESH_TRUSTED_CAS`",
    ),
    Known("certificate_ends", "warning", "this agent's certificate runs out soon"),
    Known("organization_ends", "warning", "an organisation's own certificate runs out soon"),
    Known("fleet_certificates_end", "warning", "certificates of a fleet's agents run out soon"),
    Known("own_entry_foreign", "error", "the registry's log has something about us, not by us"),
    Known("relay_plain", "warning", "the way to the relay is without TLS"),
    Known("registry_plain", "warning", "the way to the registry is without TLS"),
    # Keys.
    Known("keys_missing", "note", "there are no keys yet"),
    Known("keys_in_file", "warning", "only a file's mode protects the keys"),
    Known("keyring_unavailable", "error", "the keys are in a keyring that is locked or not safe"),
    Known("key_file_link", "error", "a key file is a symbolic link"),
    Known("key_file_owner", "error", "a key file belongs to somebody else"),
    Known("key_file_mode", "error", "others may get at the keys", mends=True),
    Known("key_damaged", "error", "the sealed keys are damaged"),
    Known("identity_json_missing", "note", "the public half of the keys is missing"),
    Known("exchange_key_old", "warning", "the exchange key was not replaced when it was due"),
    Known("prekeys_low", "warning", "few one-time prekeys are left at the registry"),
    # What is held.
    Known("breaker_on", "warning", "a breaker tripped (a note for what the owner paused)"),
    Known("stop_hook_failed", "error", "the hook of an emergency stop came to nothing"),
    Known("owner_not_told", "warning", "a notification to the owner did not get through"),
    # What is kept.
    Known("database_corrupt", "error", "the database is damaged"),
    Known("database_newer", "error", "a newer AgentMesh wrote the database"),
    Known("store_damaged", "warning", "rows of the database could not be read"),
    Known("audit_failing", "error", "the audit log cannot be written"),
    Known("audit_unreadable", "error", "the audit log cannot be read"),
    Known("audit_damaged", "error", "the audit log is not as it was written"),
    Known("transcript_damaged", "warning", "a transcript cannot be read to its end"),
    Known("transcript_missing", "warning", "what was said is in no transcript"),
    # Others.
    Known("relay_unreachable", "warning", "the relay is not connected"),
    Known("registry_unreachable", "warning", "the registry does not answer"),
    Known("clock_wrong", "error", "the clock differs from the relay's or registry's by a minute"),
    Known("outbox_stuck", "warning", "a message waits for its peer since six hours"),
    Known("mailbox_full", "warning", "a peer's mailbox takes nothing more"),
    Known("knocks_waiting", "warning", "a KNOCK waits for the owner since a day"),
    Known("session_degraded", "warning", "a session is under a suite below the floor"),
    Known("degraded_allowed", "note", "the owner permits a suite below the floor with a peer"),
    Known("floor_not_offered", "warning", "`suites` in `config.json` leaves the floor out"),
    Known("trusted_unverified", "note", "a trusted contact whose safety number nobody compared"),
)


def rows() -> list[str]:
    """Return the table's rows as `docs/owner.md` has them."""
    return [
        f"| `{it.id}` | {it.severity} | {it.meaning} | {'yes' if it.mends else ''} |"
        for it in KNOWN
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(rows()) + "\n")
