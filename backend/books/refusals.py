"""What the books refuse."""

from backend.kernel.errors import Kind, Refusal

BOOKS_RUNNING = Refusal(Kind.CONFLICT, "books_running", zh="账目检查正在进行，请等它完成，结果会显示在本页。",
                        en="The books are being checked already; its findings will appear on this page.")
