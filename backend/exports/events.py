"""Events of the exports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportAsked:
    """Somebody wants a sheet: its first slice can be written."""

    export_id: str


@dataclass(frozen=True, slots=True)
class ExportSliceDue:
    """So many slices are written; the next one is due."""

    export_id: str
    slices: int


@dataclass(frozen=True, slots=True)
class ExportEnded:
    """Finished, failed or cancelled: its working files can go."""

    export_id: str


@dataclass(frozen=True, slots=True)
class ExportExpiryDue:
    """The day of a finished export is over."""

    export_id: str
