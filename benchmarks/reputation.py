"""How far dishonest raters move an agent in the ranking: `python -m benchmarks.reputation`.

A made-up mesh of honest agents, and attacks upon it, scored by the registry's own rules and, beside
them, by the plain mean of all ratings. What counts is the percentile among all rated agents: goal
at most 2 points for each dishonest owner, and for all agents together that have no owner.
"""

import bisect
import json
import random
import statistics
import sys
from collections.abc import Callable, Sequence

import msgspec
from agentmesh_registry.reputation.score import Standing, score
from agentmesh_registry.reputation.votes import Pile, Tally, Voice
from agentmesh_registry.reputation.weights import DAY_MS, Rater, weight_of

from agentmesh.protocol.feedback import MIN_RATERS

SEED, AGENTS, TARGETS, SYBILS, RING = 20261121, 2_000, 100, 200, 10
NOW = 1_000 * DAY_MS
GOAL_POINTS = 2.0


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What one rater says of an agent, in a rating and a session. `owner` is empty: none proven."""

    owner: str
    score: float
    completed: bool
    weight: float


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, and what is said of it."""

    tier: float
    age_ms: int
    opinions: tuple[Opinion, ...]


def opinion(owner: str, score: float, *, completed: bool, mutual: bool = False) -> Opinion:
    """Return an opinion with the weight that the registry gives it; nobody here is a newcomer."""
    rater = Rater(tier=1 if owner else 2, registered_at=0, is_mutual=mutual)
    return Opinion(owner=owner, score=score, completed=completed, weight=weight_of(rater, NOW))


def ours(subject: Subject) -> float:
    """Return the registry's score."""
    voices: dict[str, Voice] = {}
    for number, it in enumerate(subject.opinions):
        name = it.owner or f"agent {number}"
        voice = voices.get(name, Voice()).rated(it.score, it.weight)
        voices[name] = voice.met(completed=it.completed)
    feedback, completion = Tally(), Tally()
    for name, voice in voices.items():
        proven = not name.startswith("agent ")
        feedback = feedback.changed(Pile(), voice.of_ratings(), is_proven=proven)
        said = voice.of_sessions(is_proven=proven)
        completion = completion.changed(Pile(), said, is_proven=proven)
    many = len(subject.opinions)
    standing = Standing(feedback=feedback, completion=completion, raters=many, sessions=many)
    return score(standing, subject.tier, subject.age_ms)


def mean(subject: Subject) -> float:
    """Return the plain mean of all ratings."""
    return statistics.fmean(it.score for it in subject.opinions)


def honest(chance: random.Random) -> Subject:
    """Return an agent of some quality, rated by 5 to some 200 owners and some without one."""
    quality = chance.betavariate(6, 3)

    def say(owner: str) -> Opinion:
        rating = min(1.0, max(0.0, chance.gauss(quality, 0.2)))
        return opinion(owner, rating, completed=chance.random() < 0.5 + quality / 2)

    owners = max(MIN_RATERS, min(200, round(chance.lognormvariate(3.2, 0.8))))
    said = [say(f"owner {number}") for number in range(owners)]
    said += [say("") for _ in range(chance.randrange(20))]
    age = chance.randrange(365) * DAY_MS
    return Subject(tier=chance.choice((1, 1, 1.5, 2)), age_ms=age, opinions=tuple(said))


def joined(subject: Subject, *more: Opinion) -> Subject:
    """Return the subject once these have spoken as well."""
    return msgspec.structs.replace(subject, opinions=(*subject.opinions, *more))


def of_one_owner(best: float) -> Callable[[Subject], Subject]:
    """Return an attack by the agents of one owner."""
    said = [opinion("mallory", best, completed=best > 0.5)] * SYBILS
    return lambda subject: joined(subject, *said)


def without_owner(best: float) -> Callable[[Subject], Subject]:
    """Return an attack by agents that nobody vouches for."""
    said = [opinion("", best, completed=best > 0.5)] * SYBILS
    return lambda subject: joined(subject, *said)


def of_a_ring(subject: Subject) -> Subject:
    """Let a ring of owners and their agents praise an agent, which praises them back."""
    said = [
        opinion(f"ring {owner}", 1.0, completed=True, mutual=True)
        for owner in range(RING)
        for _ in range(SYBILS // RING)
    ]
    return joined(subject, *said)


def in_new_clothes(subject: Subject) -> Subject:
    """Let an agent begin anew under another identity, and be praised by its owner's others."""
    fresh = msgspec.structs.replace(subject, age_ms=0, tier=2, opinions=())
    return without_owner(1.0)(of_one_owner(1.0)(fresh))


ATTACKS: dict[str, tuple[Callable[[Subject], Subject], int]] = {
    "stuffing, one owner": (of_one_owner(1.0), 1),
    "stuffing, no owner": (without_owner(1.0), 1),
    "bad-mouthing, one owner": (of_one_owner(0.0), 1),
    "bad-mouthing, no owner": (without_owner(0.0), 1),
    f"a ring of {RING} owners": (of_a_ring, RING),
}


def moves(
    subjects: Sequence[Subject],
    scores: Callable[[Subject], float],
    attack: Callable[[Subject], Subject],
    chosen: Sequence[Subject],
) -> list[float]:
    """Return by how many percentile points an attack moves each of the chosen."""
    ranking = sorted(map(scores, subjects))

    def percentile(value: float) -> float:
        return 100 * bisect.bisect_left(ranking, value) / len(ranking)

    return [abs(percentile(scores(attack(it))) - percentile(scores(it))) for it in chosen]


def main() -> None:
    """Print how far each attack moves its targets."""
    chance = random.Random(SEED)
    subjects = [honest(chance) for _ in range(AGENTS)]
    chosen = sorted(subjects, key=ours)[:: AGENTS // TARGETS]
    report: dict[str, object] = {"seed": SEED, "agents": AGENTS, "sybils": SYBILS}
    print(f"{AGENTS} rated agents, {len(chosen)} targets over all ranks, {SYBILS} sybils each.")
    head = "percentile points for each dishonest owner"
    print(f"{head:44} {'median':>7} {'most':>7} {'plain mean':>12}")
    worst = 0.0
    for name, (attack, owners) in ATTACKS.items():
        registry = [it / owners for it in moves(subjects, ours, attack, chosen)]
        plain = [it / owners for it in moves(subjects, mean, attack, chosen)]
        worst = max(worst, *registry)
        median, most = statistics.median(registry), max(registry)
        report[name] = {"median": median, "most": most, "plain_mean": max(plain)}
        print(f"{name:44} {median:7.2f} {most:7.2f} {max(plain):12.1f}")
    better = sum(ours(in_new_clothes(it)) > ours(it) for it in chosen)
    report["whitewashing_gains"] = better
    print(f"new clothes: {better} of {len(chosen)} targets would rank higher than before.")
    report["worst_points"] = worst
    report["ratio_to_goal"] = worst / GOAL_POINTS
    print(f"worst {worst:.2f} points, goal {GOAL_POINTS}: {worst / GOAL_POINTS:.2f} x")
    if "--json" in sys.argv:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
