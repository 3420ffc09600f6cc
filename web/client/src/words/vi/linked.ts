export const linked = {
  title: "Các cấp tham dự", toTree: "Chọn các cấp tham dự", seeTree: "Các cấp tham dự", intro: "Chọn đơn vị tham dự. Đơn vị có phòng họp riêng thì có chủ tọa, thư ký riêng; điểm cầu bên dưới vào phòng của đơn vị đó.",
  quick: "Chọn nhanh", allLevel: (level: string, n: number) => `Tất cả điểm cầu cấp ${level} (${n})`, noneLevel: (level: string) => `Bỏ cấp ${level}`, roomsLevel: (level: string, n: number) => `Mở phòng riêng cho tất cả cấp ${level} (${n})`, noRoomsLevel: (level: string) => `Không mở phòng riêng cấp ${level}`,
  units: "Đơn vị tham dự", allBelow: (n: number) => `Tất cả bên dưới (${n})`, allBelowOf: (title: string, n: number) => `Chọn tất cả ${n} điểm cầu thuộc ${title}`, site: (title: string) => `Điểm cầu ${title}`, ownRoom: "Phòng riêng", ownRoomOf: (title: string) => `Mở phòng họp riêng cho ${title}`, noSite: "Chưa có điểm cầu", picked: (n: number, of: number) => `${n}/${of} điểm cầu`,
  rooms: "Phòng họp và người điều hành", roomOf: (title: string) => `Phòng ${title}`, rootRoom: "Phòng chính", sitesIn: (n: number) => `${n} điểm cầu`, chair: "Chủ trì", deputy: "Người được ủy quyền chủ trì", secretary: "Thư ký cuộc họp", fromUnit: "Theo đơn vị",
  sum: (rooms: number, sites: number) => `${rooms} phòng họp, ${sites} điểm cầu`, save: "Lưu các cấp tham dự", saved: "Đã lưu.", unsaved: "Có thay đổi chưa lưu.", changesGoOut: "Giấy mời đã gửi. Khi lưu, điểm cầu thêm vào nhận giấy mời, điểm cầu bị bỏ nhận thư thu hồi.", back: "Về trang cuộc họp",
  lines: "Đường truyền theo kế hoạch", serverOut: "Máy chủ gửi đi", serverIn: "Máy chủ nhận về", perSite: "Mỗi điểm cầu", down: "tải xuống", up: "tải lên", of: "trên", notSaid: "chưa khai báo đường truyền", mbps: (n: string) => `${n} Mbps`, link: (title: string) => `Kết nối với ${title}`,
  strain: { fits: "Đủ", tight: "Sát mức", over: "Không đủ", unknown: "Chưa khai báo" }, warnings: "Cần lưu ý trước cuộc họp", noWarnings: "Chưa thấy vấn đề.", andMore: (n: number) => `và ${n} nơi khác`,
  warning: {
    server_over: "Đường truyền của máy chủ không đủ cho số điểm cầu này: nhiều điểm cầu sẽ chỉ còn tiếng. Bớt điểm cầu vào trực tiếp hoặc đặt máy chủ ở cấp dưới.",
    server_tight: "Đường truyền của máy chủ sát mức: hình có thể giảm chất lượng lúc trình chiếu.", server_unknown: "Chưa khai báo đường truyền của máy chủ (Cài đặt), nên chưa kiểm tra được.",
    site_line_over: "Đường truyền không đủ, sẽ nhận hình nhỏ hoặc chỉ còn tiếng", site_line_tight: "Đường truyền sát mức", site_line_unknown: "Chưa khai báo đường truyền điểm cầu",
    room_elsewhere_failed: "Chưa nhận tổ chức phòng họp tại máy chủ của mình", two_chairs_one_person: "Chủ trì nhiều phòng cùng lúc, cần người được ủy quyền", site_without_address: "Không có địa chỉ thư để gửi giấy mời",
    site_without_phone: "Không có số điện thoại cán bộ kỹ thuật trực", room_alone: "Phòng riêng nhưng chưa có điểm cầu nào bên dưới", room_without_deputy: "Chưa có người được ủy quyền chủ trì khi mất kết nối với cấp trên hoặc chủ trì vắng",
  } as Record<string, string>,
  elsewhere: { planned: "Chưa gửi đề nghị", asked: "Đã gửi đề nghị, chờ trả lời", accepted: "Đã nhận tổ chức", declined: "Từ chối", failed: "Gửi lỗi, tự gửi lại" } as Record<string, string>,
  heldElsewhere: "Phòng này họp trên máy chủ của đơn vị: chủ trì, thư ký và điểm cầu do đơn vị chọn.",
  heldError: (error: string) => {
    const [code = "", ...rest] = error.split(" ");
    const words: Record<string, string> = { unknown_unit: "Máy chủ đó không có đơn vị này", not_below: "Đơn vị không thuộc phạm vi được đề nghị", held_elsewhere: "Đơn vị có máy chủ riêng khác", not_possible: "Thiếu người hoặc điểm cầu", too_many: "Quá nhiều phòng họp", secret_refused: "Không nhận nội dung mật", not_linked: "Liên kết đã thu hồi", not_understood: "Trả lời không hợp lệ", room_of_another: "Trả lời không hợp lệ", unknown_kind: "Máy chủ đó dùng phiên bản cũ" };
    return words[code] ? `${words[code]}${rest.length ? `: ${rest.join(" ")}` : ""}.` : `${error}.`;
  },
  parentOf: (title: string) => `Cuộc họp này là một phòng của: ${title}`, parentBy: (host: string, chair: string) => `${host} chủ trì, ${chair} điều hành chương trình chung`, parentAgenda: "Chương trình chung", ownAgenda: "Nội dung riêng của phòng này, trước hoặc sau chương trình chung", roomsBelow: (n: number) => `${n} phòng cấp dưới`,
  room: {
    upper: (title: string) => `Đang theo chương trình chung: ${title}.`, away: (title: string) => `Đang họp riêng, không phát lên: ${title}.`, lost: (title: string, at: string) => `Mất kết nối với cấp trên (${title}) từ ${at}. Phòng này họp tiếp do chủ tọa phòng điều hành, hệ thống đang tự nối lại.`,
    back: (minutes: number, speeches: number) => `Đã nối lại với cấp trên. Đã lỡ ${minutes} phút, ${speeches} lượt phát biểu.`, lower: (open: number, all: number) => `${open}/${all} phòng cấp dưới đang kết nối.`, lowerLost: (names: string) => `Mất kết nối với: ${names}. Các phòng này họp tiếp, hệ thống đang tự nối lại.`,
    leave: "Họp riêng", leaveAsk: "Tách khỏi chương trình chung để họp riêng?", rejoin: "Trở lại chương trình chung", from: (path: string) => `Từ ${path}`, withOthers: (names: string) => `nói thay cho ${names}`,
    forward: "Chuyển lên cấp trên", forwardOf: (title: string) => `Chuyển đăng ký của ${title} lên cấp trên`, answer: "Trả lời", answerOf: (title: string) => `Trả lời đăng ký của ${title}`, answerText: "Nội dung trả lời", forwarded: { sent: "Đang chuyển lên cấp trên", waiting: "Đang chờ ở cấp trên", failed: "Chưa chuyển được lên cấp trên" } as Record<string, string>,
  },
};
