"""The nine obligations: what must be true, as it was read, before a managed image is deleted.

Each rule turns one look into one obligation with its evidence, and reads nothing itself. What is unknown is unmet.
"""

from domain.retirement.obligations.permission import approved, permitted, soaked
from domain.retirement.obligations.references import unreferenced
from domain.retirement.obligations.rule import Rule
from domain.retirement.obligations.source import unchanged, unlocked
from domain.retirement.obligations.versions import protected, proved, replicated

OBLIGATIONS: tuple[Rule, ...] = (
    Rule(1, "replicated", replicated),
    Rule(2, "proved", proved),
    Rule(3, "protected", protected),
    Rule(4, "unreferenced", unreferenced),
    Rule(5, "unlocked", unlocked),
    Rule(6, "unchanged", unchanged),
    Rule(7, "soaked", soaked),
    Rule(8, "approved", approved),
    Rule(9, "permitted", permitted),
)

# the soak counts from when the last of these became true
SOAKING = frozenset({1, 2, 4})
PROTECTED, SOAK, APPROVAL = 3, 7, 8
