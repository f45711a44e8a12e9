"""What became of each change, and the proofs, by run and by resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, insert, select

from provisioner.model.change import Action
from provisioner.model.outcome import Outcome, Proof, Status
from provisioner.store.database import Database
from provisioner.store.tables import outcomes as outcome_rows
from provisioner.store.tables import proofs as proof_rows
from provisioner.store.tables import runs

_WAITED = timedelta(days=14)  # from when a run was asked for to its start, at most
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Outcomes:
    """Outcomes and proofs in the order in which they came."""

    database: Database

    def append(
        self, run_id: str, outcomes: Sequence[Outcome], proofs: Sequence[Proof] = ()
    ) -> None:
        """Add outcomes and proofs to a run, all of them or none; pictures are not kept."""
        ended = [_row(run_id, one) | {"status": one.status.value} for one in outcomes]
        proven = [
            _row(run_id, msgspec.structs.replace(one, picture=b""))
            | {"proven": one.proven}
            for one in proofs
        ]
        if not ended and not proven:
            return
        with self.database.write() as connection:
            if ended:
                connection.execute(insert(outcome_rows), ended)
            if proven:
                connection.execute(insert(proof_rows), proven)

    def of_run(self, run_id: str) -> list[Outcome]:
        """The outcomes of a run; a change that was looked at again is there again."""
        return self._read(outcome_rows, Outcome, outcome_rows.c.run_id == run_id)

    def proofs_of_run(self, run_id: str) -> list[Proof]:
        """The proofs of a run."""
        return self._read(proof_rows, Proof, proof_rows.c.run_id == run_id)

    def proofs_of_resources(self, keys: Iterable[str]) -> list[Proof]:
        """The proofs of these resources."""
        return self._read(proof_rows, Proof, proof_rows.c.key.in_([*keys]))

    def of_resource(self, key: str) -> list[tuple[str, Outcome]]:
        """What became of one resource, oldest first, with the ids of the runs."""
        wanted = (
            select(outcome_rows)
            .where(outcome_rows.c.key == key)
            .order_by(outcome_rows.c.id)
        )
        with self.database.read() as connection:
            return [
                (row.run_id, msgspec.json.decode(row.body, type=Outcome))
                for row in connection.execute(wanted)
            ]

    def done_since(
        self, kind: str, actions: Sequence[Action], since: datetime
    ) -> list[tuple[datetime, Outcome]]:
        """Changes of a kind that were done, each with the start of its run, oldest first."""
        of_kind = outcome_rows.c.key.like(f"%/{kind}/%")
        wanted = (
            select(runs.c.started, outcome_rows.c.body)
            .join(runs, runs.c.id == outcome_rows.c.run_id)
            .where(runs.c.started >= since, of_kind)
            # Ids begin with their time: what is older is not even looked at.
            .where(outcome_rows.c.run_id >= f"{since - _WAITED:%Y%m%d-%H%M%S}")
            .where(outcome_rows.c.status == Status.DONE.value)
            .order_by(outcome_rows.c.id)
        )
        decode = msgspec.json.Decoder(Outcome).decode
        with self.database.read() as connection:
            found = ((at, decode(body)) for at, body in connection.execute(wanted))
            return [
                (at, one)
                for at, one in found
                if one.kind == kind and one.action in actions
            ]

    def _read(
        self, table: Table, type_: type[Any], where: ColumnElement[bool]
    ) -> list[Any]:
        wanted = select(table.c.body).where(where).order_by(table.c.id)
        decode = msgspec.json.Decoder(type_).decode
        with self.database.read() as connection:
            return [decode(body) for body in connection.execute(wanted).scalars()]


def _row(run_id: str, one: Outcome | Proof) -> dict[str, Any]:
    return {"run_id": run_id, "key": one.key, "body": _encode(one)}
