"""Pure decisions about pick-ups: distances, opening hours, codes, tries, and what a point may look like."""

import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.kernel.calendar import CHINA, at_china_time, business_day
from backend.kernel.ids import HUMAN
from backend.pickups.refusals import (
    CLOSED_DAYS,
    HOURS,
    PLACE,
    POINT_DETAIL,
    POINT_GUIDE,
    POINT_KIND,
    POINT_NAME,
    POINT_POSITION,
)

STORE, COMMUNITY = "store", "community"
KINDS = {STORE: ("门店", "Store"), COMMUNITY: ("小区", "Community")}
"""Sorts of points, in Chinese and English."""
NAME_LENGTH, DETAIL_LENGTH, GUIDE_LENGTH, LAST_POSITION = 40, 120, 500, 9999

# --- where ---

EARTH_M = 6_371_009
"""Mean radius of the earth (IUGG), rounded to metres."""
MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A place in millionths of a degree (about 11 cm), so that it is kept and compared exactly."""

    longitude_e6: int
    latitude_e6: int


def place(longitude: float, latitude: float) -> Place:
    """The place at these degrees; refuses (`place`) what lies nowhere on earth."""
    for degrees, most in ((longitude, 180), (latitude, 90)):
        if not math.isfinite(degrees) or abs(degrees) > most:
            raise PLACE()
    return Place(round(longitude * MICRO), round(latitude * MICRO))


def distance_m(a: Place, b: Place) -> int:
    """Metres between two places along the earth's surface, rounded. Source: haversine formula on a sphere (error ≤ 0.6 %)."""
    lat_a, lat_b = math.radians(a.latitude_e6 / MICRO), math.radians(b.latitude_e6 / MICRO)
    d_lon = math.radians((b.longitude_e6 - a.longitude_e6) / MICRO)
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(d_lon / 2) ** 2
    return round(2 * EARTH_M * math.asin(math.sqrt(min(h, 1.0))))


# --- when ---

Span = tuple[int, int]
"""Minutes of the day: opens, closes; 1440 is midnight at its end."""
Week = tuple[tuple[Span, ...], ...]
"""Seven days, Monday first."""
MOST_SPANS, MOST_CLOSED_DAYS, LOOK_AHEAD_DAYS = 3, 60, 60
DAY = 24 * 60
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_WEEKDAYS = (("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri"), ("周六", "Sat"), ("周日", "Sun"))


def week(days: Sequence[Sequence[Sequence[str]]]) -> Week:
    """Opening hours from seven lists of ("09:00", "21:00"); an empty list is a day on which the point is closed.

    Refuses (`opening_hours`) wrong clocks, more than three spans a day, and spans out of order or overlapping. A span ends
    at 24:00 at the latest: who is open over midnight has one until 24:00 and one from 00:00.
    """
    if len(days) != 7:
        raise HOURS(limit=MOST_SPANS)
    read = []
    for spans in days:
        day = tuple((_minutes(span[0]), _minutes(span[1])) for span in spans if len(span) == 2)
        times = [minute for span in day for minute in span]
        if not len(day) == len(spans) <= MOST_SPANS or times != sorted(set(times)):
            raise HOURS(limit=MOST_SPANS)
        read.append(day)
    return tuple(read)


def _minutes(clock: str) -> int:
    found = _CLOCK.fullmatch(clock)
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minutes > DAY:
        raise HOURS(limit=MOST_SPANS)
    return minutes


def clock(minutes: int) -> str:
    """`09:00`; the end of the day is `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def as_clocks(hours: Week) -> list[list[list[str]]]:
    """A week as `week` reads it."""
    return [[[clock(opens), clock(closes)] for opens, closes in day] for day in hours]


def closed_days(days: Collection[date], today: date) -> list[date]:
    """Closed days in order, without those that have passed; refuses (`closed_days`) too many."""
    kept = sorted({day for day in days if day >= today})
    if len(kept) > MOST_CLOSED_DAYS:
        raise CLOSED_DAYS(limit=MOST_CLOSED_DAYS)
    return kept


def closes_at(hours: Week, closed_on: Collection[date], at: datetime) -> datetime | None:
    """When the point that is open at `at` closes (following spans that touch, over midnight too); None when it is closed."""
    end = None
    for opens, closes in _spans(hours, closed_on, business_day(at)):
        if end is None and opens <= at < closes:
            end = closes
        elif end is not None:
            if opens > end:
                break
            end = closes
    return end


def opens_at(hours: Week, closed_on: Collection[date], at: datetime) -> datetime | None:
    """When the point that is closed at `at` opens next; None when it is open, or stays closed for sixty days."""
    for opens, closes in _spans(hours, closed_on, business_day(at)):
        if opens <= at < closes:
            return None
        if at < opens:
            return opens
    return None


def _spans(hours: Week, closed_on: Collection[date], first: date) -> Iterator[tuple[datetime, datetime]]:
    """Opening spans from a Chinese calendar day on, as instants."""
    for offset in range(LOOK_AHEAD_DAYS + 1):
        day = first + timedelta(days=offset)
        if day not in closed_on:
            midnight = at_china_time(day, time())
            for opens, closes in hours[day.weekday()]:
                yield midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)


def say_week(hours: Week, language: str = "zh") -> list[str]:
    """The week in a few lines: days in a row with the same hours share one ("周一至周五 09:00–21:00")."""
    english = language.startswith("en")
    lines: list[str] = []
    first = 0
    while first < 7:
        last = first
        while last < 6 and hours[last + 1] == hours[first]:
            last += 1
        if (first, last) == (0, 6):
            days = "Daily" if english else "每天"
        else:
            begin, end = _WEEKDAYS[first][english], _WEEKDAYS[last][english]
            days = begin if first == last else f"{begin}–{end}" if english else f"{begin}至{end}"
        spans = (", " if english else "、").join(f"{clock(opens)}–{clock(closes)}" for opens, closes in hours[first])
        lines.append(f"{days} {spans or ('closed' if english else '休息')}")
        first = last + 1
    return lines


# --- codes ---

CODE_LENGTH = 8
"""Of 31 letters and digits without look-alikes: 8.5 × 10¹¹ codes."""
QR_PREFIX = "TM1:"
"""What a pick-up code's picture begins with, so that a scanner's text is told from anything else."""
MOST_ROTATIONS = 20
_CODE = re.compile(f"[{HUMAN}]{{{CODE_LENGTH}}}")


def read_code(text: str) -> str | None:
    """The code in what somebody typed or a scanner read; None when it can be none.

    Takes lower case, full-width letters, spaces and hyphens, and the prefix of the picture.
    """
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper().removeprefix(QR_PREFIX)
    return plain if _CODE.fullmatch(plain) else None


def shown_code(code: str) -> str:
    """`ABCD 2345`: in halves, for reading aloud."""
    return f"{code[:4]} {code[4:]}"


def qr_text(code: str) -> str:
    """What the picture of a code says."""
    return f"{QR_PREFIX}{code}"


MOST_TRIES = 10
TRIES_WINDOW = timedelta(minutes=10)
"""Wrong codes that one member of staff may try, and in which time. A hit begins anew."""


# --- until when ---


def reminder_due(paid_at: datetime, ready_at: datetime | None, days: int) -> datetime:
    """When goods that nobody fetched have waited too long: `days` after they arrived, or were paid if nobody noted that."""
    return (ready_at or paid_at) + timedelta(days=days)


# --- what a point looks like ---


def check_point(*, kind: str, name: str, detail: str, guide: str, position: int) -> None:
    """Refuse (`point_…`) what a pick-up point cannot look like; texts are cleaned already."""
    if kind not in KINDS:
        raise POINT_KIND()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise POINT_NAME(limit=NAME_LENGTH)
    if not 1 <= len(detail) <= DETAIL_LENGTH:
        raise POINT_DETAIL(limit=DETAIL_LENGTH)
    if len(guide) > GUIDE_LENGTH:
        raise POINT_GUIDE(limit=GUIDE_LENGTH)
    if type(position) is not int or not 0 <= position <= LAST_POSITION:
        raise POINT_POSITION(limit=LAST_POSITION)


def say_moment(at: datetime) -> str:
    """A moment on Chinese clocks, for a sentence to staff: `03-02 18:05`."""
    return at.astimezone(CHINA).strftime("%m-%d %H:%M")
