"""What the crowd refuses."""

from backend.kernel.errors import Kind, Refusal

DATABASE_IN_USE = Refusal(
    Kind.CONFLICT, "database_in_use", zh="这个数据库里有真实的会员或订单，压测数据只能生成到专用的空库。",
    en="This database holds members or orders of a real shop: a crowd needs an empty database of its own.")
OTHER_CROWD = Refusal(
    Kind.CONFLICT, "other_crowd", zh="这个数据库里已有另一批压测数据（{orders} 笔订单），请换一个空库。",
    en="This database holds another crowd (of {orders} orders): take an empty one.")
