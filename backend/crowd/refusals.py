"""What the crowd refuses."""

from backend.kernel.errors import Kind, Refusal

DATABASE_IN_USE = Refusal(
    Kind.CONFLICT, "database_in_use", zh="这个数据库里有真实的会员或订单，压测数据只能生成到专用的空库。",
    en="This database holds members or orders of a real shop: a crowd needs an empty database of its own.")
CROWD_BROKEN_OFF = Refusal(
    Kind.CONFLICT, "crowd_broken_off", zh="上次生成没有完成，请换一个空库或清空后重来。",
    en="A crowd was broken off in this database: begin anew with an empty one.")
OTHER_CROWD = Refusal(
    Kind.CONFLICT, "other_crowd", zh="这个数据库里已有另一批压测数据（{orders} 笔订单），请换一个空库。",
    en="This database holds another crowd (of {orders} orders): take an empty one.")
