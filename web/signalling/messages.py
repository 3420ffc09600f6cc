"""Refusals in words: what somebody tried, who may do it, what is missing; Vietnamese and English."""

from __future__ import annotations

from scheduler.proceedings.errors import Refused

ACTS: dict[str, tuple[str, str]] = {
    "open_testing": ("mở phòng họp", "open the room"),
    "convene": ("bắt đầu họp", "begin the meeting"),
    "suspend": ("cho tạm nghỉ", "suspend the meeting"),
    "resume": ("cho họp tiếp", "resume the meeting"),
    "adjourn": ("kết thúc cuộc họp", "end the meeting"),
    "change_mode": ("đổi chế độ phát biểu", "change the mode"),
    "hand_over_chair": ("chuyển quyền chủ tọa", "hand over the chair"),
    "lend_chair": ("chuyển quyền chủ tọa xuống cấp dưới", "hand the chair to a room below"),
    "return_chair": ("trả lại quyền chủ tọa", "bring the chair back"),
    "appoint_secretary": ("cử thư ký cuộc họp", "appoint the secretary"),
    "report_head_count": ("báo số người dự", "report the head count"),
    "confirm_attendance": ("xác nhận có mặt", "confirm attendance"),
    "excuse_absence": ("ghi nhận vắng mặt", "excuse an absence"),
    "accept_deputy": ("ghi nhận người dự thay", "accept a deputy"),
    "call_roll": ("điểm danh", "call the roll"),
    "open_item": ("chuyển nội dung", "open an item"),
    "close_item": ("kết thúc nội dung", "close an item"),
    "postpone_item": ("hoãn nội dung", "postpone an item"),
    "amend_agenda": ("sửa chương trình họp", "amend the agenda"),
    "show_paper": ("hiển thị tài liệu", "show a paper"),
    "request_floor": ("đăng ký phát biểu", "ask for the floor"),
    "withdraw_request": ("rút đăng ký phát biểu", "withdraw the request"),
    "grant_floor": ("mời phát biểu", "give the floor"),
    "grant_next": ("mời đơn vị tiếp theo", "give the floor to the next"),
    "put_off": ("để lượt phát biểu lại sau", "put a request off"),
    "reorder": ("sắp xếp lượt phát biểu", "reorder the queue"),
    "return_floor": ("báo đã phát biểu xong", "return the floor"),
    "revoke_floor": ("kết thúc lượt phát biểu", "end the speech"),
    "extend_time": ("thêm thời gian phát biểu", "extend the time"),
    "name_speaker": ("ghi tên người phát biểu", "name the speaker"),
    "start_presentation": ("trình chiếu", "present"),
    "stop_presentation": ("dừng trình chiếu", "stop the presentation"),
    "post_chat": ("gửi tin nhắn", "post a message"),
    "start_recording": ("ghi hình", "record"),
    "pause_recording": ("tạm dừng ghi hình", "pause the recording"),
    "resume_recording": ("ghi hình tiếp", "resume the recording"),
    "record_conclusion": ("ghi kết luận", "record a conclusion"),
    "assign_task": ("giao nhiệm vụ", "assign a task"),
    "close_microphones": ("tắt micro các điểm cầu", "close the microphones"),
    "remove_participant": ("mời điểm cầu ra khỏi phòng", "remove a site"),
    "merge_requests": ("gộp đăng ký phát biểu", "merge requests"),
    "forward_request": ("chuyển đăng ký lên cấp trên", "forward the request"),
    "answer_request": ("trả lời đăng ký phát biểu", "answer the request"),
    "leave_program": ("tách ra họp riêng", "leave the program"),
    "rejoin_program": ("trở lại chương trình chung", "come back to the program"),
    "offer": ("kết nối hình và tiếng", "connect picture and sound"),
}

ROLES: dict[str, tuple[str, str]] = {
    "chair": ("chủ tọa", "the chair"),
    "secretary": ("thư ký", "the secretary"),
    "site": ("điểm cầu", "a site"),
    "floor": ("điểm cầu đang phát biểu", "the site that has the floor"),
    "lender": ("người đã chuyển quyền chủ tọa", "who lent the chair"),
    "owner": ("chính điểm cầu đó", "the site itself"),
    "everybody": ("người dự họp", "those who take part"),
}

STAGES: dict[str, tuple[str, str]] = {
    "waiting": ("phòng họp chưa mở", "the room is not open"),
    "testing": ("phòng họp đang kiểm tra", "the room is being tested"),
    "convened": ("đang họp", "the meeting is going on"),
    "suspended": ("cuộc họp đang tạm nghỉ", "the meeting is suspended"),
    "adjourned": ("cuộc họp đã kết thúc", "the meeting has ended"),
}

TEXTS: dict[str, tuple[str, str]] = {
    "unknown_site": ("Điểm cầu này không có trong cuộc họp.", "This site is not in the meeting."),
    "unknown_item": ("Nội dung này không có trong chương trình họp.", "This item is not on the agenda."),
    "unknown_request": ("Đăng ký phát biểu này không còn nữa.", "This request is no longer there."),
    "unknown_speech": ("Không tìm thấy lượt phát biểu này.", "There is no such speech."),
    "not_in_queue": ("Không có ai trong danh sách đăng ký phát biểu.", "Nobody is waiting in the queue."),
    "not_present": ("Điểm cầu chưa có mặt trong phòng họp.", "The site is not in the room."),
    "no_recording": (
        "Cuộc họp có nội dung bí mật nhà nước không được ghi hình.",
        "A meeting about state secrets is not recorded.",
    ),
    "no_floor": ("Hiện không có ai đang phát biểu.", "Nobody has the floor."),
    "floor_above": (
        "Phòng họp đang nối với cấp trên ({detail}): chủ tọa cuộc họp trên cho phát biểu. "
        "Xin chuyển đăng ký lên cấp trên.",
        "This room is linked with the one above ({detail}): the floor is given there. Forward the request.",
    ),
    "nobody_logged_in": (
        "Điểm cầu đang mở bằng đường dẫn chung. Người nhận quyền chủ tọa cần đăng nhập bằng tài khoản của mình tại đó.",
        "The site is open by its shared link. Whoever is to have the chair logs in there with his own account.",
    ),
    "not_below": ("Điểm cầu này không thuộc phòng cấp dưới.", "This site is not in a room below."),
    "not_lent": ("Quyền chủ tọa đang ở phòng này.", "The chair is in this room."),
    "chair_not_lent": (
        "Điểm cầu này không còn giữ quyền chủ tọa cuộc họp cấp trên.",
        "This site does not have the chair of the meeting above any more.",
    ),
    "chairs_above": (
        "Phòng này đang chủ trì cuộc họp cấp trên ({detail}). Xin trả lại quyền chủ tọa trước khi họp riêng.",
        "This room has the chair of the meeting above ({detail}). Give it back before a discussion of your own.",
    ),
    "only_there": (
        "Việc này chỉ làm được tại phòng họp cấp trên.",
        "This can only be done in the room above itself.",
    ),
    "far_old": (
        "Hệ thống bên kia dùng phiên bản cũ, chưa nhận được yêu cầu này.",
        "The other installation is an older version and does not know this.",
    ),
    "far_refused": ("Hệ thống bên kia từ chối yêu cầu này.", "The other installation refuses this."),
    "far_unreachable": ("Hệ thống bên kia chưa trả lời. Xin thử lại.", "The other installation does not answer."),
    "away": ("Phòng cấp dưới đang họp riêng.", "The room below is in a discussion of its own."),
    "not_linked": ("Phòng họp chưa nối với cấp trên.", "This room is not linked with one above."),
    "bad_arguments": ("Yêu cầu không hợp lệ: {detail}.", "The request is not valid: {detail}."),
    "already": ("Việc này đã được thực hiện.", "This is already so."),
    "busy": ("Máy chủ chưa ghi được, xin thử lại.", "The server could not store it; please try again."),
    "bad_offer": (
        "Trình duyệt này không kết nối được hình và tiếng. Xin dùng Chrome, Edge hoặc Firefox bản mới ({detail}).",
        "This browser cannot connect picture and sound: {detail}.",
    ),
    "no_codec": (
        "Trình duyệt này chưa có bộ mã hình mà phòng họp dùng. Firefox: mở about:addons, mục Plugins, bật OpenH264"
        " rồi tải lại trang; hoặc dùng Chrome, Edge ({detail}).",
        "This browser lacks the room's video codec. Firefox: open about:addons, Plugins, switch OpenH264 on and reload;"
        " or use Chrome or Edge ({detail}).",
    ),
    "full": ("Phòng họp trực tuyến đã đủ số máy kết nối.", "The room is full."),
    "no_media": (
        "Máy chủ hình và tiếng đang khởi động lại, hệ thống sẽ tự kết nối.",
        "The media server is restarting; the connection comes back by itself.",
    ),
}

ALREADY: dict[str, tuple[str, str]] = {
    "request_floor": ("Điểm cầu đã đăng ký hoặc đang phát biểu.", "The site is in the queue or has the floor."),
    "grant_floor": ("Điểm cầu này đang phát biểu.", "This site has the floor."),
    "extend_time": ("Lượt phát biểu này không giới hạn thời gian.", "This speech has no time limit."),
    "start_recording": ("Cuộc họp đang được ghi hình.", "The meeting is being recorded."),
    "start_presentation": ("Đang có điểm cầu khác trình chiếu.", "Another site is presenting."),
    "stop_presentation": ("Hiện không có ai trình chiếu.", "Nobody is presenting."),
    "open_item": ("Nội dung này đang mở.", "This item is open."),
    "close_item": ("Nội dung này không mở.", "This item is not open."),
    "confirm_attendance": ("Điểm cầu đã được xác nhận có mặt.", "The site is confirmed already."),
    "open_testing": ("Phòng họp đã mở.", "The room is open."),
}


def refusal_text(refused: Refused, command: str, language: str) -> str:
    """The sentence shown to the person who tried ``command``."""
    which = 0 if language == "vi" else 1
    act = ACTS.get(command, ("làm việc này", "do this"))[which]
    if refused.code == "not_allowed":
        return _only(refused.who, act, which)
    if refused.code == "wrong_stage":
        stage = STAGES.get(refused.detail, ("giai đoạn này không cho phép", "of the meeting's stage"))[which]
        return f"Không thể {act}: {stage}." if which == 0 else f"One cannot {act} now: {stage}."
    texts = ALREADY if refused.code == "already" and command in ALREADY else TEXTS
    text = texts.get(command if texts is ALREADY else refused.code, TEXTS["bad_arguments"])
    return text[which].format(detail=refused.detail or refused.code)


def _only(who: tuple[str, ...], act: str, which: int) -> str:
    roles = [ROLES[role][which] for role in who if role in ROLES]
    if not roles:
        return f"Ông/bà không được {act}." if which == 0 else f"You may not {act}."
    word = " hoặc " if which == 0 else " or "
    listed = word.join([", ".join(roles[:-1]), roles[-1]]) if len(roles) > 1 else roles[0]
    return f"Chỉ {listed} được {act}." if which == 0 else f"Only {listed} may {act}."
