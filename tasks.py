"""burnish's table of contents: the steps of the main job, for `invoke`; burnish/commands/steps.py has them in order.

`invoke --list` names them, `invoke --help STEP` tells a step's options, and the README's "Steps" what each changes.
"""

from __future__ import annotations

from burnish.commands.steps import collection

namespace = collection()
