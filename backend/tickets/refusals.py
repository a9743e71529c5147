"""What tickets refuse."""

from backend.kernel.errors import Kind, Refusal

NOT_NOW = Refusal(Kind.CONFLICT, "ticket_not_now", zh="工单已办结，请先重新打开再留言。",
                  en="This ticket is closed; open it again before writing.")
NOT_CLOSED = Refusal(Kind.CONFLICT, "ticket_not_closed", zh="工单还在处理中，直接留言即可。",
                     en="This ticket is still open; just write into it.")
REOPEN_OVER = Refusal(Kind.CONFLICT, "ticket_reopen_over", zh="办结已超过 {days} 天，请重新提交一个工单。",
                      en="It was closed more than {days} days ago; please file a new one.")
CATEGORY = Refusal(Kind.INVALID, "ticket_category", zh="请选择问题类型。", en="Please choose a category.")
TEXT = Refusal(Kind.INVALID, "ticket_text", zh="请写明内容（1–{limit} 字）。", en="Please write 1–{limit} characters.")
PICTURES = Refusal(Kind.INVALID, "ticket_pictures", zh="最多上传 {limit} 张图片，每张一次。",
                   en="At most {limit} pictures, each of them once.")
TOO_MANY = Refusal(Kind.TOO_MANY, "ticket_too_many", zh="您有 {limit} 个工单尚未办结，请在原工单里留言。",
                   en="You have {limit} open tickets; please write into one of them.")
TOO_LONG = Refusal(Kind.CONFLICT, "ticket_too_long", zh="该工单留言已达 {limit} 条，请新建工单。",
                   en="This ticket has {limit} messages; please file a new one.")
OUTCOME = Refusal(Kind.INVALID, "ticket_outcome", zh="请选择处理结果并写明说明（1–200 字）。",
                  en="Please choose an outcome and describe it (1–200 characters).")
OWNER = Refusal(Kind.INVALID, "ticket_owner", zh="请选择在职员工作为负责人。", en="Please choose an active member of staff.")
ABOUT = Refusal(Kind.INVALID, "ticket_about", zh="所选订单或商品不属于该会员。", en="This order or line is not the member's.")
WHO = Refusal(Kind.INVALID, "ticket_who", zh="没有这个会员编号或订单号，请核对后再填。",
              en="No member and no order has this number; please check it.")
NOTE_PICTURES = Refusal(Kind.INVALID, "ticket_note_pictures", zh="内部备注不能带图片，请移除图片，或改为答复会员。",
                        en="A note among staff has no pictures; please remove them, or answer the member instead.")
