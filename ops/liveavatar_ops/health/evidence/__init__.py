"""Pictures that show what a check saw. They hold no token and no key: only facts and frames go in."""

from liveavatar_ops.health.evidence.contact_sheet import contact_sheet, write_contact_sheet

__all__ = ["contact_sheet", "write_contact_sheet"]
