"""All proofs, block by block."""

from .core import index, sequencer, sorter, sums
from .fetch import cache, fetch, rows
from .flash import image
from .learn import learner
from .link import commands, crc, frames, loader
from .memory import reads, tier
from .sdram import banks

_MODULES = (sequencer, index, sums, sorter, reads, tier, fetch, cache, rows, learner, frames, crc, commands, loader, image, banks)
PROOFS = [proof for module in _MODULES for proof in module.PROOFS]
