"""What is loaded before workers are forked: the model, its numbers and its kernel.

Importing this module takes as long as starting the program; a worker forked afterwards is
ready at once.
"""

from ketacourse.engine.run import has_compiler
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.trials.work import ChunkWork

__all__ = ["ChunkWork"]

load_catalogue()
if has_compiler():
    from ketacourse.engine.machine_code import kernel

    kernel()
