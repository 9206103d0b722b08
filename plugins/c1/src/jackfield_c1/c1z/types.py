"""The resource types of a file: a snapshot has only their names, and what its resources are."""

import re
from collections.abc import Iterable, Iterator

from jackfield_c1.c1z.objects import of_trait, type_message
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import Resource, ResourceType, Seal, TraitKind

_TYPE = re.compile(r"[a-z][a-z0-9_-]*")
_MOST_TOLD = 10


class Types:
    """The types that a file needs, as they are come upon."""

    def __init__(
        self, resources: Iterable[Resource], announced: Iterable[ResourceType], not_complete: tuple[Seal, ...]
    ) -> None:
        self._announced = {one.name: one for one in announced}
        self._kinds: dict[str, tuple[TraitKind, ...]] = {
            one.name: (one.trait,) for one in self._announced.values() if one.trait is not None
        }
        self._unseen: dict[str, list[Seal]] = {}
        for seal in not_complete:
            if (found := _TYPE.match(seal.scope)) is not None:
                self._unseen.setdefault(found.group(), []).append(seal)
        for one in resources:
            kind = of_trait(one.trait)
            if kind is not None and kind not in self.kinds(one.id.type):
                self._kinds[one.id.type] = (*self.kinds(one.id.type), kind)
        self.people = tuple(sorted(name for name, kinds in self._kinds.items() if TraitKind.USER in kinds))
        self.known: dict[str, pb.ResourceType] = {}

    def kinds(self, name: str) -> tuple[TraitKind, ...]:
        """What the resources of a type are."""
        return self._kinds.get(name, ())

    def use(self, *names: str) -> None:
        """Note that the file needs these types."""
        for name in names:
            if name not in self.known:
                told = self._announced.get(name)
                self.known[name] = type_message(
                    name, self.kinds(name), told.display_name if told else "", self._description(name)
                )

    def messages(self) -> Iterator[pb.ResourceType]:
        """All that were come upon, by name."""
        return (self.known[name] for name in sorted(self.known))

    def _description(self, name: str) -> str:
        told = self._announced.get(name)
        parts = [told.description] if told and told.description else []
        unseen = self._unseen.get(name, [])
        if unseen:
            causes = "; ".join(f"{one.scope}: {one.reason or one.seal.value}" for one in unseen[:_MOST_TOLD])
            more = f"; and {len(unseen) - _MOST_TOLD} more" if len(unseen) > _MOST_TOLD else ""
            parts.append(f"NOT COMPLETE, what is absent is unknown: {causes}{more}")
        return "\n".join(parts)
