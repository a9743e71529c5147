"""What exports refuse."""

from backend.kernel.errors import Kind, Refusal

EXPORT_FILTER = Refusal(Kind.INVALID, "export_filter", zh="导出条件“{name}”不正确，请重新选择。",
                        en="The filter “{name}” of the export is not right; please choose again.")
EXPORT_DAYS = Refusal(Kind.INVALID, "export_days", zh="结束日期不能早于开始日期，请修改后再导出。",
                      en="The last day lies before the first; please change them.")
TOO_MANY_EXPORTS = Refusal(Kind.TOO_MANY, "too_many_exports", zh="您有 {limit} 个导出还未完成，请等待或取消后再试。",
                           en="{limit} of your exports are not finished; please wait or cancel one.")
EXPORT_OVER = Refusal(Kind.CONFLICT, "export_over", zh="导出已结束，无法取消。",
                      en="This export has ended already and cannot be cancelled.")
EXPORT_EXPIRED = Refusal(Kind.CONFLICT, "export_expired", zh="文件已过期或尚未完成，请重新导出。",
                         en="The file has expired or is not ready; please export again.")
EXPORT_LINK_OVER = Refusal(Kind.FORBIDDEN, "export_link_over", zh="下载链接已失效，请回到导出列表重新下载。",
                           en="This link is no longer good; please go back to the list of exports.")
EXPORT_NOT_ALLOWED = Refusal(Kind.FORBIDDEN, "export_not_allowed", zh="您的权限已变更，不再包含这些数据，请按现有权限重新导出。",
                             en="Your rights have changed and no longer cover these data; please export anew.")
EXPORT_TOO_LONG = Refusal(Kind.INVALID, "export_too_long", zh="超过 Excel 的 {limit} 行上限，请缩小范围或改用 CSV。",
                          en="This is more than the {limit} lines of an Excel sheet; please narrow it down or take CSV.")
EXPORT_BROKE = Refusal(Kind.UNAVAILABLE, "export_broke", zh="导出多次失败，已停止；请稍后重新导出，仍失败请联系技术人员。",
                       en="The export failed several times and was given up; please try again later.")
