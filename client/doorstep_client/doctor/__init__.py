"""What works on the way to a relay, and what blocks: step by step, each with what to do about it."""

from __future__ import annotations

from doorstep_client.doctor.examination import examine
from doorstep_client.doctor.findings import Finding, Status

__all__ = ["Finding", "Status", "examine"]
