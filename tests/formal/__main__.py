"""Proves all claims and prints their table: ``python -m tests.formal``, or with names of blocks, those alone."""

import resource
import sys

from .proofs import PROOFS
from .prove import Failure, prove
from .table import HEAD, rows


def main(blocks: list[str]) -> int:
    """The exit code: 1 where a claim is not proved, 2 where there is no such block."""
    known = [proof.block for proof in PROOFS]
    for block in blocks:
        if block not in known:
            print(f"block must be one of {'; '.join(known)}, not {block!r}", file=sys.stderr)
            return 2
    print(*HEAD, sep="\n")
    claims = 0
    for proof in PROOFS:
        if not blocks or proof.block in blocks:
            try:
                made = rows(proof, prove(proof))
            except Failure as failure:
                print(failure, file=sys.stderr)
                return 1
            claims += len(made)
            print(*made, sep="\n", flush=True)
    seconds = sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{claims} claims, {seconds:.0f} s of CPU", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
