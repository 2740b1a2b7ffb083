"""What a short search is likely to build, as far as that can be told before it begins."""

from __future__ import annotations

from itertools import islice

from burnish.job.job import Job
from burnish.job.notebook import Notebook
from burnish.search.choices import Combination
from burnish.search.offers import offered
from burnish.search.picked import recall
from burnish.search.space import space_of
from burnish.search.under_way import is_plain


def likely_trials(job: Job, notes: Notebook) -> tuple[list[Combination], list[Combination]]:
    """Return the candidates without a command of their own, and what concessions would buy beside the best known."""
    space = space_of(job, notes)
    known = recall(job, space)
    candidates = [each for each in [*([known] if known else []), *space.short] if is_plain(job, each)]
    offers = islice(offered(job, notes, known or Combination()), job.settings.search.offer_trials)
    return list({each.label: each for each in candidates}.values()), [combination for _, combination in offers]
