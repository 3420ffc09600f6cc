"""What errors say to people: code → Vietnamese, English. What happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXTS: Mapping[str, tuple[str, str]] = {
    # session
    "not_logged_in": ("Phiên làm việc đã hết hạn. Đăng nhập lại.", "Your session has ended. Log in again."),
    "bad_credentials": ("Tên đăng nhập hoặc mật khẩu không đúng.", "Login or password is wrong."),
    "too_many_attempts": (
        "Đã thử quá nhiều lần. Thử lại sau {seconds} giây, hoặc nhờ quản trị đơn vị cấp lại mật khẩu.",
        "Too many attempts. Try again in {seconds} seconds, or ask your unit's administrator for a new password.",
    ),
    "password_change_needed": (
        "Mật khẩu do người khác cấp. Đổi mật khẩu trước khi tiếp tục.",
        "Your password was set by somebody else. Change it before you go on.",
    ),
    "password_length": ("Mật khẩu phải có từ {shortest} đến 200 ký tự.", "A password has {shortest}–200 characters."),
    "password_is_login": ("Mật khẩu không được trùng tên đăng nhập.", "The password must not be the login."),
    "wrong_old_password": ("Mật khẩu hiện tại không đúng.", "The present password is wrong."),
    "reset_unknown": (
        "Đường dẫn đặt lại mật khẩu đã dùng hoặc đã hết hạn. Nhờ quản trị đơn vị cấp đường dẫn mới.",
        "This password link was used or has expired. Ask your unit's administrator for a new one.",
    ),
    "login_taken": ("Tên đăng nhập “{login}” đã có người dùng.", "The login “{login}” is taken."),
    "foreign_origin": (
        "Yêu cầu đến từ một trang khác nên không được thực hiện.",
        "The request came from another site and was not carried out.",
    ),
    "bad_csrf_token": (
        "Trang đã mở quá lâu. Tải lại trang rồi làm lại; chưa có gì thay đổi.",
        "This page is out of date. Reload it and try again; nothing was changed.",
    ),
    # general
    "refused": ("Yêu cầu không được chấp nhận.", "The request was refused."),
    "not_allowed": ("Đồng chí không có quyền thực hiện việc này.", "You are not allowed to do this."),
    "not_found": (
        "Không tìm thấy, hoặc đồng chí không có quyền xem.",
        "There is no such thing, or you are not allowed to see it.",
    ),
    "method_not_allowed": ("Địa chỉ này không nhận yêu cầu như vậy.", "This address does not take such a request."),
    "stale": (
        "Nội dung vừa được người khác thay đổi. Chưa ghi đè; xem bản mới rồi lưu lại.",
        "Somebody changed this meanwhile. Nothing was overwritten; look at the new version and save again.",
    ),
    "wrong_stage": (
        "Cuộc họp đang ở bước khác nên chưa làm được việc này.",
        "The meeting is at another stage; this cannot be done now.",
    ),
    "duplicate": ("Đã có một mục như vậy.", "There is one like it already."),
    "conflict": ("Không thực hiện được lúc này; chưa có gì thay đổi.", "Not possible now; nothing was changed."),
    "bad_request": ("Yêu cầu không đúng.", "The request is not right."),
    "bad_input": ("Có mục chưa đúng. Xem các mục được đánh dấu.", "Some fields are not right. See those marked."),
    "invalid": ("Có mục chưa đúng. Xem các mục được đánh dấu.", "Some fields are not right. See those marked."),
    "too_large": (
        "Tệp quá lớn: tối đa {megabytes} MB. Chưa lưu gì.",
        "Too large: at most {megabytes} MB. Nothing was stored.",
    ),
    "wrong_type": (
        "Loại tệp này không nhận được. Dùng PDF hoặc tệp văn phòng (DOCX, XLSX, PPTX).",
        "This type of file is not taken. Use PDF or an office file (DOCX, XLSX, PPTX).",
    ),
    "secret_refused": (
        "Hệ thống không tiếp nhận nội dung bí mật nhà nước. Chưa có dữ liệu nào được lưu.",
        "State secrets are not taken in here. Nothing was stored.",
    ),
    "secret_stays": (
        "Cuộc họp có nội dung bí mật nhà nước: không xuất, không gửi thư, không liên thông, không ghi hình.",
        "A meeting about state secrets is not exported, mailed, delivered or recorded.",
    ),
    "not_secret_unticked": (
        "Xác nhận tài liệu không thuộc bí mật nhà nước trước khi gửi lên. Chưa có dữ liệu nào được lưu.",
        "Confirm that the paper is no state secret before you upload it. Nothing was stored.",
    ),
    "range_unsatisfiable": ("Đoạn yêu cầu không có trong tệp.", "The requested range is not in the file."),
    "job_done": ("Việc này đã xong.", "This job is done."),
    # site links
    "link_expired": (
        "Đường dẫn đã hết hạn. Gọi thư ký cuộc họp. {contact_phone}",
        "The link has expired. Call the secretary. {contact_phone}",
    ),
    "link_revoked": (
        "Đường dẫn đã được thay bằng đường dẫn mới. Gọi thư ký cuộc họp. {contact_phone}",
        "The link was replaced by a new one. Call the secretary. {contact_phone}",
    ),
    "link_unknown": (
        "Đường dẫn không đúng. Kiểm tra lại giấy mời, hoặc gọi thư ký cuộc họp.",
        "There is no such link. Look at the invitation again, or call the secretary.",
    ),
    "letter_withheld": (
        "Nội dung thư chỉ mở được bởi người được giao đường dẫn của điểm cầu này.",
        "The letter holds a site's link: it opens to those who may hand that out.",
    ),
    # room
    "tls_needed": (
        "Trình duyệt không cho dùng camera vì địa chỉ chưa bảo mật. "
        "Mở bằng https:// hoặc nhờ cán bộ kỹ thuật cài chứng thư.",
        "Browsers give no camera at this address because it is not secure. "
        "Use https://, or have a certificate installed.",
    ),
    "too_early": ("Phòng họp chưa mở. Thư ký sẽ mở phòng trước giờ họp.", "The room is not open yet."),
    "room_over": ("Cuộc họp đã kết thúc.", "The meeting has ended."),
    "room_cancelled": ("Cuộc họp đã hủy.", "The meeting was cancelled."),
    "room_postponed": ("Cuộc họp đã hoãn.", "The meeting was postponed."),
    "not_invited": ("Đơn vị không có trong thành phần được mời.", "Your unit is not invited."),
    "not_present": ("Điểm cầu chưa vào phòng họp.", "The site is not in the room."),
    "unknown_site": ("Không có điểm cầu này trong cuộc họp.", "There is no such site in the meeting."),
    "leads_not_here": (
        "Chỉ chủ tọa hoặc thư ký đang ở trong phòng họp mới mời phát biểu được. Vào phòng họp rồi làm lại.",
        "Only the chair or secretary who is in the room gives the floor. Go into the room and try again.",
    ),
    "already": ("Điểm cầu đang phát biểu.", "The site has the floor already."),
    "away": (
        "Phòng họp cấp dưới đang thảo luận riêng nên không nhận yêu cầu này.",
        "The room below is in a discussion of its own and does not take this.",
    ),
    "not_linked": ("Phòng họp cấp dưới đang mất kết nối.", "The room below is cut off."),
    "floor_above": (
        "Lượt phát biểu do phòng họp cấp trên điều hành.",
        "The floor is given by the room above.",
    ),
    "no_picture": ("Chưa lấy được hình từ điểm cầu.", "No picture from the site yet."),
    "many_pictures": (
        "Đang lấy hình của 9 điểm cầu cấp dưới. Thử lại sau vài giây.",
        "Nine pictures from below are under way. Try again in a few seconds.",
    ),
    "far_unreachable": (
        "Hệ thống cấp dưới chưa trả lời. Gọi điện cho cán bộ kỹ thuật trực.",
        "The installation below does not answer. Call the technician on duty.",
    ),
    "far_refused": (
        "Hệ thống cấp dưới từ chối yêu cầu này.",
        "The installation below refuses this.",
    ),
    "far_old": (
        "Hệ thống cấp dưới dùng phiên bản cũ, chưa nhận được yêu cầu này.",
        "The installation below is an older version and does not know this.",
    ),
    # encoders and players that are not ours
    "ticket_refused": ("Vé không mở được cửa này.", "The ticket does not open this door."),
    "wrong_content": ("Kiểu nội dung không đúng.", "The content is of the wrong type."),
    "condition_missing": ("Thiếu If-Match.", "If-Match is missing."),
    "condition_failed": (
        "Phiên ICE đã đổi, hoặc khởi động lại ICE mà không có If-Match: *.",
        "The ICE session is another one now, or a restart came without If-Match: *.",
    ),
    "bad_fragment": ("Đoạn SDP không đúng.", "The SDP fragment is not right."),
    "no_codec": (
        "Thiết bị không có bộ mã hình mà phòng họp dùng.",
        "The device lacks the video codec of the room.",
    ),
    "bad_offer": ("Thiết bị gửi đề nghị kết nối không dùng được.", "The offer cannot be answered."),
    "occupied": (
        "Điểm cầu đang mở ở máy khác. Đóng ở máy kia rồi thử lại.",
        "The site is open on another machine. Close it there and try again.",
    ),
    "full": ("Máy chủ hình và tiếng đã đầy.", "The media server is full."),
    "too_many_players": ("Vé này đã có đủ số máy xem.", "This ticket has as many players as it lets in."),
    "no_media": (
        "Máy chủ hình và tiếng đang khởi động lại. Thử lại sau vài giây.",
        "The media server is restarting. Try again in a few seconds.",
    ),
    "busy": ("Máy chủ đang bận. Thử lại sau vài giây.", "The server is busy. Try again in a few seconds."),
    # outside and ourselves
    "unreachable": (
        "Một dịch vụ chưa trả lời. Dữ liệu đã lưu vẫn còn; thử lại sau ít phút.",
        "A service does not answer. What was stored is kept; try again in a few minutes.",
    ),
    "node_unreachable": (
        "Hệ thống cấp dưới chưa trả lời. Hệ thống tự gửi lại khi nối được.",
        "The installation below does not answer. It is asked again as soon as it can be reached.",
    ),
    "database_unreachable": (
        "Cơ sở dữ liệu chưa trả lời. Chưa có gì thay đổi; thử lại sau ít phút.",
        "The database does not answer. Nothing was changed; try again in a few minutes.",
    ),
    "media_unavailable": (
        "Máy chủ hình và tiếng đang khởi động lại. Thử lại sau vài giây.",
        "The media server is restarting. Try again in a few seconds.",
    ),
    "outside_failure": ("Hệ thống bên ngoài báo lỗi. Thử lại sau.", "A system outside failed. Try again later."),
    "mail_failed": (
        "Chưa gửi được thư. Hệ thống sẽ gửi lại; có thể sao chép đường dẫn gửi ngay.",
        "The mail was not sent. It will be tried again; you can copy the link and send it now.",
    ),
    "storage_full": (
        "Máy chủ hết chỗ lưu. Dữ liệu đã có vẫn còn nguyên; báo cán bộ kỹ thuật.",
        "The server's disk is full. What was stored is kept; tell the technician.",
    ),
    "broken": (
        "Hệ thống gặp lỗi. Dữ liệu đã lưu vẫn còn; thử lại hoặc báo cán bộ kỹ thuật.",
        "Something failed. What was stored is kept; try again or tell the technician.",
    ),
}

FIELDS: Mapping[str, tuple[str, str]] = {
    "missing": ("Còn thiếu.", "Missing."),
    "required": ("Còn thiếu.", "Missing."),
    "empty": ("Còn trống.", "Empty."),
    "string_too_short": ("Còn trống hoặc quá ngắn.", "Empty or too short."),
    "string_too_long": ("Dài quá {max_length} ký tự.", "Longer than {max_length} characters."),
    "too_long": ("Quá nhiều mục.", "Too many."),
    "too_short": ("Còn thiếu.", "Too few."),
    "extra_forbidden": ("Không có mục này.", "There is no such field."),
    "json_invalid": ("Không phải JSON.", "Not JSON."),
    "greater_than_equal": ("Nhỏ nhất là {ge}.", "At least {ge}."),
    "less_than_equal": ("Lớn nhất là {le}.", "At most {le}."),
    "timezone_aware": ("Thời điểm thiếu múi giờ.", "The time has no zone."),
    "literal_error": ("Không có trong các lựa chọn.", "Not one of the choices."),
    "not_positive": ("Phải lớn hơn 0.", "Must be more than 0."),
    "unknown": ("Không tìm thấy.", "Not found."),
    "longer_than_slot": (
        "Tổng số phút các nội dung dài hơn thời gian cuộc họp.",
        "The items take longer than the meeting.",
    ),
    "out_of_range": ("Số quá nhỏ hoặc quá lớn.", "The number is too small or too large."),
    "past": ("Thời điểm đã qua.", "This moment has passed."),
    "sent": ("Đã gửi giấy mời nên không đổi được mục này.", "Invitations went out; this can no longer be changed."),
    "before_start": ("Phải sau thời điểm bắt đầu.", "Must be after the start."),
    "not_valid_then": ("Đơn vị không còn hoặc chưa có hiệu lực vào ngày đó.", "The unit is not valid on that day."),
    "above_parent": ("Cấp phải thấp hơn đơn vị cấp trên.", "The level must be below that of the parent."),
    "below_itself": ("Đơn vị không thể trực thuộc chính nó.", "A unit cannot stand below itself."),
    "not_a_number": ("Chỉ gồm chữ số.", "Digits only."),
    "not_an_address": ("Không phải địa chỉ thư điện tử.", "Not a mail address."),
    "last_administrator": (
        "Đây là quản trị hệ thống cuối cùng còn dùng. Giao vai trò này cho người khác trước.",
        "This is the last administrator in use. Give somebody else the role first.",
    ),
    "no_administrator_account": (
        "Không còn quản trị hệ thống nào có tài khoản đăng nhập. Cấp tài khoản cho người kế nhiệm trước.",
        "No administrator would be left who has an account to log in with. Give the successor an account first.",
    ),
}
_OTHER_FIELD = ("Chưa đúng.", "Not right.")


class _Known(dict[str, Any]):
    """Values for a text; what is not known stays empty."""

    def __missing__(self, _name: str) -> str:
        return ""


def text(code: str, language: str, values: Mapping[str, Any], own: str = "") -> str:
    """The text of an error; ``own`` is the error's Vietnamese word for itself, used before a mere branch's text."""
    if own and (language == "vi" or code not in TEXTS):
        return own
    vietnamese, english = TEXTS.get(code, TEXTS["refused"])
    return (vietnamese if language == "vi" else english).format_map(_Known(values)).strip()


def field_text(code: str, language: str, values: Mapping[str, Any] | None = None) -> str:
    """What is wrong with a field."""
    vietnamese, english = FIELDS.get(code) or TEXTS.get(code) or _OTHER_FIELD
    if " " in code and code not in FIELDS:
        return code  # a text already
    return (vietnamese if language == "vi" else english).format_map(_Known(values or {}))
