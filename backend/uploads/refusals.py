"""What uploads refuse."""

from backend.kernel.errors import Kind, Refusal

PICTURE_NOT_FOUND = Refusal(Kind.NOT_FOUND, "picture_not_found", zh="图片不存在或已过期，请重新上传。",
                            en="There is no such picture, or it has expired; please upload it again.")
TOO_MANY_PICTURES = Refusal(
    Kind.TOO_MANY,
    "too_many_pictures",
    zh="今天上传的图片已达上限（{pictures} 张或 {megabytes} MB），请明天再试。",
    en="You have sent as many pictures as a day allows ({pictures}, or {megabytes} MB); please try again tomorrow.",
)
