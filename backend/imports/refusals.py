"""What imports refuse."""

from backend.kernel.errors import Kind, Refusal

IMPORT_TOO_LARGE = Refusal(Kind.INVALID, "import_too_large", zh="文件过大：最多 {megabytes} MB。请压缩为 .gz 或分成几份。",
                           en="The file is too large: at most {megabytes} MB. Please pack it as .gz or split it.")
TOO_MANY_IMPORTS = Refusal(Kind.TOO_MANY, "too_many_imports", zh="您有 {limit} 个导入还未完成，请先完成或取消。",
                           en="{limit} of your imports are not finished; please finish or cancel one first.")
IMPORT_NOT_NOW = Refusal(Kind.CONFLICT, "import_not_now", zh="导入当前状态不能进行此操作，请刷新后再试。",
                         en="This is not possible in the import's present state; please refresh.")
IMPORT_HAS_FAULTS = Refusal(Kind.CONFLICT, "import_has_faults", zh="文件有 {bad} 行错误：请修改后重新上传，或勾选“跳过错误行”。",
                            en="{bad} lines are wrong: please correct the file, or choose to leave them out.")
IMPORT_NOTHING = Refusal(Kind.INVALID, "import_nothing", zh="文件里没有可以导入的行，请检查后重新上传。",
                         en="There is no line to import in this file; please check it and send it again.")
IMPORT_TOO_MANY_FAULTS = Refusal(Kind.INVALID, "import_too_many_faults", zh="错误超过 {limit} 处，请修改文件后重新上传。",
                                 en="There are more than {limit} faults; please correct the file and send it again.")
IMPORT_NOT_ALLOWED = Refusal(Kind.FORBIDDEN, "import_not_allowed", zh="上传者的权限已变更，不能再导入，请由有权限的同事重新上传。",
                             en="Whoever sent the file may not import any more; please let somebody else send it again.")
IMPORT_BROKE = Refusal(Kind.UNAVAILABLE, "import_broke", zh="导入多次中断，停在第 {seen} 行之后；已导入的行保留，请重新上传。",
                       en="The import broke off several times and stopped after {seen} lines; what was imported stays. Please send"
                          " the file again.")
IMPORT_STOPPED = Refusal(Kind.CONFLICT, "import_stopped", zh="在第 {seen} 行之后停止：{why}已导入的行保留，请修改后重新上传。",
                         en="It stopped after {seen} lines: {why} What was imported stays; please correct the file and"
                            " send it again.")
