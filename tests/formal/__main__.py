"""Proves all claims and prints their table: ``python -m tests.formal``, or with names of blocks, those alone."""

import resource
import sys

from .proofs import PROOFS
from .prove import prove
from .table import HEAD, rows


def main(blocks: list[str]) -> None:
    print(*HEAD, sep="\n")
    claims = 0
    for proof in PROOFS:
        if not blocks or proof.block in blocks:
            made = rows(proof, prove(proof))
            claims += len(made)
            print(*made, sep="\n", flush=True)
    seconds = sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{claims} claims, {seconds:.0f} s of CPU", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
