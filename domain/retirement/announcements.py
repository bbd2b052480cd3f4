"""What a retirement tells subscribers."""

from datetime import datetime
from typing import Any

from domain.records.notices import Notice, NoticeType
from domain.retirement.retirement import Retirement


def notice_of(retirement: Retirement, kind: NoticeType, now: datetime) -> Notice:
    """One notice for each kind, start and soak of a retirement."""
    data: dict[str, Any] = {
        "retirement": retirement.id,
        "image": str(retirement.image),
        "fingerprint": retirement.fingerprint,
        "state": retirement.state,
        "replaced_by": [str(target.version_id) for target in retirement.targets],
        "soak_ends": retirement.soak_ends.isoformat() if retirement.soak_ends else None,
        "expires": retirement.expires.isoformat() if retirement.expires else None,
        "needs_approval": retirement.by_hand or retirement.terms.when != "after-soak",
        "reason": retirement.reason,
        "certificate": retirement.certificate.name if retirement.certificate else None,
    }
    return Notice(
        type=kind,
        subject=str(retirement.image),
        at=now,
        key=f"{retirement.id}/{retirement.start_id}/{retirement.round}",
        data=data,
        targets=retirement.terms.notify,
    )
