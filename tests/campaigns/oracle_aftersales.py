"""The oracle's after-sales: what becomes of cases, in plain Python; like the oracle itself it knows nothing of the backend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.campaigns.oracle import ABNORMAL, CLOSED, COMPLETED, PAID, SHIPPED, SUCCEEDED, Line, No, Order, Part, Refund
from tests.campaigns.oracle_goods import GoodsOracle

ANSWER_WITHIN, SEND_WITHIN, RECEIVE_WITHIN, WINDOW = timedelta(hours=48), timedelta(days=7), timedelta(days=10), timedelta(days=7)
MOST_REFUSALS = 2
REFUND_ONLY, RETURN = "refund_only", "return_and_refund"
OPEN_STATES = ("asked", "approved", "returning", "refunding", "refund_failed")


@dataclass
class CaseLine:
    """What a case asks of a line; `held` of its units have not left; `agreed` fen were agreed to."""

    line: Line
    quantity: int
    held: int
    asked: int
    agreed: int = 0


@dataclass(eq=False)
class Case:
    """An after-sale case; `path` is every state that it has been in."""

    order: Order
    kind: str
    lines: list[CaseLine]
    freight: int
    due: datetime
    id: str = ""
    path: list[str] = field(default_factory=lambda: ["asked"])
    refund: Refund | None = None

    @property
    def state(self) -> str:
        return self.path[-1]


@dataclass
class FullOracle(GoodsOracle):
    """The shop with its goods' ways and its after-sales."""

    cases: list[Case] = field(default_factory=list)

    def open_cases(self, order: Order) -> list[Case]:
        return [case for case in self.cases if case.order is order and case.state in OPEN_STATES]

    def disputed(self, order: Order) -> dict[Line, int]:
        return {each.line: each.held if case.state == "asked" else 0 for case in self.open_cases(order) for each in case.lines}

    def has_open_case(self, order: Order) -> bool:
        return bool(self.open_cases(order))

    def grant_for_nothing(self, order: Order, parts: Sequence[Part]) -> None:
        given = {part.line for part in parts}
        for case in self.open_cases(order):
            waits = case.state == "asked" or (case.refund is not None and case.refund.state == CLOSED)
            if waits and any(each.held for each in case.lines) and not any(each.line in given for each in case.lines):
                for each in case.lines:
                    each.agreed = 0
                    self._give_back(self._part(each, True, each.held, 0))
                case.freight, case.refund = 0, None
                case.path.append("refunded")

    def ask(self, member: str, order: Order, kind: str, asked: Sequence[tuple[Line | None, int, int | None]]) -> Case:
        """The shopper wants money back, with the goods or without; the lines are bound until the case ends."""
        if order.member != member:
            raise No("not_found")
        codes, lines, seen = set(), [], set()
        if not asked:
            codes.add("aftersale_nothing")
        if order.state not in (PAID, SHIPPED, COMPLETED):
            codes.add("aftersale_order_not_now")
        elif order.completed_at is not None and self.now >= order.completed_at + WINDOW and asked:
            codes.add("aftersale_window_over")
        bound = self.disputed(order)
        for line, quantity, amount in asked:
            if line is None or line not in order.lines or line in seen:
                codes.add("aftersale_line")
                continue
            seen.add(line)
            left = line.left_stayed + line.left_gone
            most = left if kind == REFUND_ONLY else min(left - min(left, line.left_stayed), line.shipped)
            refusals = sum(case.state == "refused" for case in self.cases for each in case.lines if each.line is line)
            if line in bound:
                codes.add("aftersale_open")
            if refusals >= MOST_REFUSALS:
                codes.add("aftersale_refused_twice")
            if left < 1 or not 1 <= quantity <= max(most, 1):
                codes.add("aftersale_quantity")
            elif most < 1:
                codes.add("aftersale_kind")
            else:
                held, worth = min(quantity, line.left_stayed) if kind == REFUND_ONLY else 0, line.worth(quantity)
                if held and amount not in (None, worth):
                    codes.add("aftersale_unshipped_whole")
                if amount is not None and not min(1, worth) <= amount <= worth:
                    codes.add("aftersale_amount")
                lines.append(CaseLine(line, quantity, held, worth if amount is None else amount))
            if most < 1:
                codes.add("aftersale_kind")
        if codes:
            raise No(*codes)
        taken = {each.line: each.held for each in lines}
        whole = all(line.shipped == 0 and taken.get(line, 0) == line.left_stayed + line.left_gone for line in order.lines)
        case = Case(order, kind, lines, order.freight - order.freight_refund if whole else 0, self.now + ANSWER_WITHIN)
        self.cases.append(case)
        return case

    def grant(self, case: Case, given: Mapping[Line, int] | None = None, *, by_timer: bool = False) -> None:
        """Agree: the refund is opened, or the parcel may be sent."""
        if by_timer and (case.state != "asked" or case.due > self.now):
            return
        if case.state != "asked":
            raise No("aftersale_not_now")
        self._agree(case, given, [each.asked for each in case.lines])
        if case.kind == RETURN:
            case.path.append("approved")
            case.due = self.now + SEND_WITHIN
            return
        self._refund(case, [self._part(each, each.held > 0, each.held, 0) for each in case.lines])

    def _agree(self, case: Case, given: Mapping[Line, int] | None, most: Sequence[int]) -> None:
        codes = set()
        agreed = [(given or {}).get(each.line, fen) for each, fen in zip(case.lines, most, strict=True)]
        for each, fen, limit in zip(case.lines, agreed, most, strict=True):
            if not min(1, limit) <= fen <= limit:
                codes.add("aftersale_amount")
            if each.held and fen < limit:
                codes.add("aftersale_unshipped_whole")
        if codes:
            raise No(*codes)
        for each, fen in zip(case.lines, agreed, strict=True):
            each.agreed = fen

    def _part(self, each: CaseLine, given_back: bool, release: int, returned: int) -> Part:
        """Goods given back for less than they are worth: the difference is waived. Kept for less: a compensation, nothing else."""
        line, worth = each.line, each.line.worth(each.quantity)
        amount = each.agreed = min(each.agreed, worth)
        if not given_back and amount < worth:
            return Part(line, 0, amount, 0, 0)
        stayed = max(min(release, line.left_stayed), each.quantity - line.left_gone)
        gone = each.quantity - stayed
        return Part(line, each.quantity, amount, gone, min(returned, gone), worth - amount)

    def _refund(self, case: Case, parts: list[Part]) -> None:
        case.freight = min(case.freight, case.order.freight - case.order.freight_refund)
        refund = self._open_refund(case.order, parts, case.freight)
        case.refund = refund if refund.fen else None
        case.path.append("refunding" if refund.fen else "refunded")

    def refuse(self, case: Case) -> None:
        if case.state == "refused":
            return
        if case.state not in ("asked", "returning"):
            raise No("aftersale_not_now")
        case.path.append("refused")

    def withdraw(self, member: str, case: Case) -> None:
        if case.order.member != member:
            raise No("not_found")
        if case.state == "cancelled":
            return
        if case.state not in ("asked", "approved"):
            raise No("aftersale_not_now")
        case.path.append("cancelled")

    def send_back(self, member: str, case: Case) -> None:
        """The parcel is on its way; said again it is corrected."""
        if case.order.member != member:
            raise No("not_found")
        if case.state not in ("approved", "returning"):
            raise No("aftersale_not_now")
        if case.state == "approved":
            case.path.append("returning")
            case.due = self.now + RECEIVE_WITHIN

    def take_back(self, case: Case, good: Sequence[Line], given: Mapping[Line, int] | None = None, *,
                  by_timer: bool = False) -> None:
        """The goods came back: those that are good are on sale again, and the refund is opened."""
        if by_timer and (case.state != "returning" or case.due > self.now):
            return
        if case.state not in ("approved", "returning"):
            raise No("aftersale_not_now")
        self._agree(case, given, [each.agreed for each in case.lines])
        self._refund(case, [self._part(each, True, 0, each.quantity if each.line in good else 0) for each in case.lines])

    def lapse(self, case: Case) -> None:
        if case.state == "approved" and case.due <= self.now:
            case.path.append("lapsed")

    def refund_ended(self, refund: Refund) -> None:
        """A case goes where the word on its refund leads."""
        for case in self.cases:
            if case.refund is refund and case.state in ("refunding", "refund_failed"):
                if refund.state == SUCCEEDED:
                    case.path.append("refunded")
                elif refund.state in (ABNORMAL, CLOSED) and case.state == "refunding":
                    case.path.append("refund_failed")

    def refund_again(self, case: Case) -> None:
        """What WeChat closed is asked for anew: the same goods, and what is left of the freight; what is stuck goes out under its
        old number."""
        if case.state != "refund_failed":
            raise No("aftersale_not_now")
        before = case.refund
        assert before is not None
        if before.state == CLOSED:
            own = {each.line for each in case.lines}
            case.freight = min(before.freight_fen, case.order.freight - case.order.freight_refund)
            again = self._open_refund(case.order, [part for part in before.parts if part.line in own], case.freight)
            case.refund = again if again.fen else None
        elif before.state == ABNORMAL:
            self.retry(before)
        else:
            raise No("aftersale_not_now")
        case.path.append("refunding" if case.refund else "refunded")

    def settle(self) -> list[str]:
        late = super().settle()
        for case in self.cases:
            before = case.state
            self.grant(case, by_timer=True)
            self.lapse(case)
            self.take_back(case, [], by_timer=True)
            if case.refund is not None:
                self.refund_ended(case.refund)
            if case.state != before:
                late.append(f"case {case.id} stood at {before}, must be {case.state}")
        return late
