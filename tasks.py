"""burnish's table of contents: the steps of the main job, in the order in which `optimize` takes them.

`invoke --list` names them, `invoke --help STEP` tells a step's options, and the README's "Steps" what each changes.
"""

from __future__ import annotations

from invoke.collection import Collection

from burnish.commands import steps

namespace = Collection(
    steps.doctor,  # what this machine and project have and lack
    steps.plan,  # the exact diff, written nowhere
    steps.baseline,  # 0
    steps.apply_profile,  # 1
    steps.write_config,  # 2
    steps.build,  # 3
    steps.measure,  # 4
    steps.test,  # 5
    steps.bench,  # 6
    steps.judge,  # 7
    steps.keep,  # 8: or
    steps.rollback,  # 9
    steps.tune,  # which settings are the best here; what `--recipe auto` then applies
    steps.explain,  # what each setting buys, and where the remaining bytes and time go
    steps.optimize,  # 0 to 7, then 8 when every gate passes and 9 when not
    steps.status,  # what is applied, is it final, what to type next
)
