"""Votes: an owner has one about each agent, with however many agents and ratings it speaks.

All those without a proven owner share half a vote among them. So whoever makes a thousand
identities moves nothing that one honest owner does not outweigh.
"""

import msgspec

PRIOR = 120.0
"""So many votes of one half are there before the first: what anybody adds is small beside them."""
CROWD = 0.5
"""What all without a proven owner weigh together, at most: half of what one owner does."""


class Pile(msgspec.Struct, frozen=True):
    """Votes added up: what they weigh, and their values by weight."""

    weight: float = 0.0
    value: float = 0.0

    def plus(self, other: "Pile") -> "Pile":
        """Return both together."""
        return Pile(self.weight + other.weight, self.value + other.value)

    def minus(self, other: "Pile") -> "Pile":
        """Return this without the other."""
        return Pile(max(0.0, self.weight - other.weight), max(0.0, self.value - other.value))


class Tally(msgspec.Struct, frozen=True):
    """All votes about one agent in one question."""

    owners: Pile = Pile()
    crowd: Pile = Pile()

    def changed(self, before: Pile, after: Pile, *, is_proven: bool) -> "Tally":
        """Return the tally once a voter says something else than before."""
        if is_proven:
            return Tally(self.owners.minus(before).plus(after), self.crowd)
        return Tally(self.owners, self.crowd.minus(before).plus(after))

    def share(self) -> float:
        """Return the answer, from 0 to 1."""
        crowd = self.crowd
        if crowd.weight > CROWD:
            crowd = Pile(CROWD, crowd.value * CROWD / crowd.weight)
        votes = self.owners.plus(crowd)
        return (PRIOR / 2 + votes.value) / (PRIOR + votes.weight)


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """What one voter has said about one agent, in all its ratings and sessions."""

    ratings: int = 0
    weight: float = 0.0
    value: float = 0.0
    sessions: int = 0
    completed: int = 0

    def rated(self, score: float, weight: float) -> "Voice":
        """Return the voice after one more rating."""
        return msgspec.structs.replace(
            self,
            ratings=self.ratings + 1,
            weight=self.weight + weight,
            value=self.value + weight * score,
        )

    def lightened(self, score: float, was: float, weight: float) -> "Voice":
        """Return the voice once one of its ratings weighs less than it did."""
        less = was - weight
        return msgspec.structs.replace(
            self, weight=max(0.0, self.weight - less), value=max(0.0, self.value - less * score)
        )

    def met(self, *, completed: bool) -> "Voice":
        """Return the voice after one more session."""
        return msgspec.structs.replace(
            self, sessions=self.sessions + 1, completed=self.completed + completed
        )

    def of_ratings(self) -> Pile:
        """Return the one vote that all its ratings make."""
        return (
            Pile(self.weight / self.ratings, self.value / self.ratings) if self.ratings else Pile()
        )

    def of_sessions(self, *, is_proven: bool) -> Pile:
        """Return the one vote that all its sessions make."""
        if not self.sessions:
            return Pile()
        weight = 1.0 if is_proven else 0.5
        return Pile(weight, weight * self.completed / self.sessions)
