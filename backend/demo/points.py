"""The demo shop's pick-up points: two stores and two communities in Hangzhou, and who serves there."""

from dataclasses import dataclass

Spans = tuple[tuple[str, str], ...]
DAILY, WEEKEND, EVENING = (("09:00", "21:30"),), (("10:00", "22:00"),), (("10:00", "12:30"), ("16:00", "20:30"))


@dataclass(frozen=True)
class Point:
    """A point as `save_pickup_point` takes it; `staff` are log-in names, `regions` the districts whose people come here."""

    key: str
    kind: str
    name: str
    region_code: str
    detail: str
    phone: str
    longitude: float
    latitude: float
    hours: tuple[Spans, ...]
    guide: str
    staff: tuple[str, ...]
    regions: tuple[str, ...]


POINTS = (
    Point(
        "wensan", "store", "文三路店", "330106", "文三路478号 华星时代广场一楼", "0571-88001024", 120.1262, 30.2765, (DAILY,) * 7,
        "一楼东门进，服务台右侧货架，报取货码即可。", ("orders", "community"), ("330106", "330105", "330102")),
    Point(
        "binjiang", "store", "滨江店", "330108", "江南大道228号 星光国际广场B1", "0571-88002048", 120.2107, 30.2089,
        (DAILY,) * 5 + (WEEKEND,) * 2, "地铁1号线江陵路站B口，下扶梯左转。", ("orders", "community"), ("330108", "330109")),
    Point(
        "liangzhu", "community", "良渚文化村自提点", "330110", "良渚街道玉鸟路18号 竹径云山南门", "0571-88004096", 120.0279,
        30.3725, ((), *(EVENING,) * 6), "南门保安亭旁的蓝色棚子，周一休息。", ("community",), ("330110", "330114")),
    Point(
        "jincheng", "community", "金城路自提点", "330109", "金城路358号 蓝爵国际3幢底商", "0571-88008192", 120.2645, 30.1793,
        (EVENING,) * 7, "底商水果店隔壁，晚上八点半关门。", ("community",), ("330113",)),
)
