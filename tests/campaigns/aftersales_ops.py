"""What the player does with after-sale cases: asked, granted, refused, withdrawn, sent back, taken back, refunded again."""

from typing import Any

from backend.aftersales.rules import Asked
from backend.infra.once import ClientKey
from backend.usecases.approve_aftersale import approve_aftersale
from backend.usecases.ask_aftersale import ask_aftersale
from backend.usecases.cancel_aftersale import cancel_aftersale
from backend.usecases.receive_return import receive_return
from backend.usecases.refuse_aftersale import refuse_aftersale
from backend.usecases.retry_aftersale_refund import retry_aftersale_refund
from backend.usecases.send_return_parcel import send_return_parcel
from tests.campaigns import oracle as rules
from tests.campaigns.both_sides import BothSides
from tests.campaigns.oracle import Line, Order
from tests.campaigns.oracle_aftersales import REFUND_ONLY, RETURN, Case


class AftersaleOps(BothSides):
    """What becomes of after-sale cases at the hands of shoppers and staff."""

    def a_case(self, *states: str) -> Case | None:
        fitting = [case for case in self.oracle.cases if case.state in states][-8:]
        if not fitting and self.rng.random() < 0.7:
            self.ask()
            return None
        return self.pick_case(fitting if fitting and self.rng.random() < 0.85 else self.oracle.cases[-20:])

    def pick_case(self, cases: list[Case]) -> Case | None:
        """One of these cases; None when there is none."""
        return self.rng.choice(cases) if cases else None

    # How shoppers say it

    def say_ask(self, member: str, order: Order, kind: str, lines: list[Asked], key: ClientKey) -> dict[str, Any]:
        return ask_aftersale(self.who(member), order_id=order.id, kind=kind, reason="other", lines=lines, words="请看图片", key=key)

    def say_withdraw(self, member: str, case: Case) -> Any:
        return cancel_aftersale(self.who(member), aftersale_id=case.id)

    def say_sent_back(self, member: str, case: Case) -> Any:
        return send_return_parcel(self.who(member), aftersale_id=case.id, courier="顺丰", tracking_number="SF1234567890")

    def tell_case(self, case: Case) -> str:
        return f"case {self.oracle.cases.index(case)} ({case.kind}, {case.state}) of {self.tell(case.order)}"

    def ask(self) -> None:
        order = self.an_order(rules.PAID, rules.SHIPPED, rules.COMPLETED)
        if order is None:
            return
        member = self.its_member(order)
        kind = RETURN if order.shipped and self.rng.random() < 0.6 else REFUND_ONLY
        asked: list[tuple[Line | None, int, int | None]] = []
        for line in order.lines:
            if self.rng.random() < 0.7:
                left = max(line.left_gone if kind == RETURN else line.left(None), 1)
                quantity = self.rng.randint(1, left)
                worth = line.worth(quantity) if quantity <= line.left(None) else 1
                less = max(worth - self.rng.randint(1, 400), 0)
                amount = self.rng.choices((None, worth, less, worth + 1, 0), (10, 2, 5, 1, 1))[0]
                asked.append((line, quantity, amount))
        if self.rng.random() < 0.05:
            asked.append((self.rng.choice([*order.lines, None]), self.rng.choice((0, 1, 99)), None))
        wanted = [Asked(self.line_id(order, line), quantity, amount) for line, quantity, amount in asked]
        made: list[Case] = []

        def rule() -> str:
            made.append(self.oracle.ask(member, order, kind, asked))
            return ""

        def read(got: dict[str, Any]) -> str | None:
            if made and not made[0].id:
                made[0].id = got["id"]
                self.cases[got["id"]] = made[0]
            return None if made and made[0].id == got["id"] else f"another case: {got['id']}"

        told = [(line and order.lines.index(line), quantity, amount) for line, quantity, amount in asked]
        self.keyed(f"{member} asks {kind} of {self.tell(order)}: {told}", lambda key: self.say_ask(
            member, order, kind, wanted, key), rule, read)

    def less(self, case: Case, most: list[int]) -> dict[Line, int] | None:
        """What staff give instead of what was asked: mostly that, sometimes less, more or nothing."""
        if self.rng.random() < 0.6:
            return None
        return {each.line: self.rng.choice((fen, max(fen - 1, 0), fen // 2, 0, fen + 1)) for each, fen in zip(
            case.lines, most, strict=True) if self.rng.random() < 0.7}

    def by_id(self, case: Case, given: dict[Line, int] | None) -> dict[str, int] | None:
        return None if given is None else {self.line_id(case.order, line): fen for line, fen in given.items()}

    def grant(self) -> None:
        case = self.a_case("asked")
        if case is not None:
            given = self.less(case, [each.asked for each in case.lines])
            self.keyed(f"grant {self.tell_case(case)} {given and list(given.values())}", lambda key: approve_aftersale(
                self.staff(), aftersale_id=case.id, given=self.by_id(case, given), answer="商品完好部分不退", key=key),
                lambda: self.oracle.grant(case, given), lambda _: None)

    def refuse(self) -> None:
        case = self.a_case("asked", "returning")
        if case is not None:
            self.do(f"refuse {self.tell_case(case)}", lambda: refuse_aftersale(self.staff(), aftersale_id=case.id, reason="不符合"),
                    lambda: self.oracle.refuse(case))

    def withdraw(self) -> None:
        case = self.a_case("asked", "approved")
        if case is not None:
            member = self.its_member(case.order)
            self.do(f"{member} withdraws {self.tell_case(case)}", lambda: self.say_withdraw(member, case),
                    lambda: self.oracle.withdraw(member, case))

    def send_back(self) -> None:
        case = self.a_case("approved", "returning")
        if case is not None:
            member = self.its_member(case.order)
            self.do(f"{member} sends back {self.tell_case(case)}", lambda: self.say_sent_back(
                member, case), lambda: self.oracle.send_back(member, case))

    def take_back(self) -> None:
        case = self.a_case("approved", "returning")
        if case is not None:
            good = [each.line for each in case.lines if self.rng.random() < 0.6]
            given = self.less(case, [each.agreed for each in case.lines])
            restock = [self.line_id(case.order, line) for line in good]
            told = f"take back {self.tell_case(case)} good {len(good)} {given and list(given.values())}"
            self.keyed(told, lambda key: receive_return(
                self.staff(), aftersale_id=case.id, restock=restock, given=self.by_id(case, given), answer="有磨损", key=key),
                lambda: self.oracle.take_back(case, good, given), lambda _: None)

    def refund_again(self) -> None:
        case = self.a_case("refund_failed")
        if case is not None:
            self.keyed(f"refund again {self.tell_case(case)}", lambda key: retry_aftersale_refund(
                self.staff(), aftersale_id=case.id, key=key), lambda: self.oracle.refund_again(case), lambda _: None)
