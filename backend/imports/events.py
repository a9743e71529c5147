"""Events of the imports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportReceived:
    """A sheet was sent: it can be read."""

    import_id: str


@dataclass(frozen=True, slots=True)
class ImportReadDue:
    """The next slice of a sheet is to be read."""

    import_id: str
    step: int


@dataclass(frozen=True, slots=True)
class ImportCheckDue:
    """The next slice of a sheet's lines is to be looked at."""

    import_id: str
    step: int


@dataclass(frozen=True, slots=True)
class ImportRunDue:
    """The next slice of a sheet's rows is to be written; `seen` lines were written before it."""

    import_id: str
    step: int
    seen: int = 0


@dataclass(frozen=True, slots=True)
class ImportEnded:
    """Done, failed or cancelled: its files can go."""

    import_id: str
