export const nodes = {
  title: "Liên kết các cấp", intro: "Các hệ thống được nối trực tiếp với hệ thống này. Hệ thống cấp dưới gọi lên cấp trên.", none: "Chưa liên kết với hệ thống nào.",
  name: "Hệ thống", role: "Cấp", state: "Trạng thái", line: "Đường truyền", error: "Lỗi gần nhất", act: "Thao tác",
  roles: { upper: "Cấp trên", lower: "Cấp dưới" } as Record<string, string>, up: "Đang nối", down: "Mất liên kết", never: "Chưa nối lần nào", revoked: "Đã thu hồi",
  media: (up: number, all: number, loss: number, inMb: number, outMb: number) => `hình và tiếng: ${up}/${all} đường, mất ${loss.toFixed(1).replace(".", ",")} %, nhận ${inMb} MB, gửi ${outMb} MB`,
  rtt: (ms: number) => `khứ hồi ${ms} ms`, clock: (s: number) => `đồng hồ lệch ${s} giây`, waiting: (n: number) => `còn ${n} sự kiện chưa gửi xong`, behind: (n: number) => `${n} hệ thống phía sau`,
  ours: "Hệ thống này", oursHint: "Gửi đoạn mã này cho quản trị viên của hệ thống kia, rồi đọc mã đối chiếu qua điện thoại.", text: "Mã liên kết", fingerprint: "Mã đối chiếu",
  add: "Thêm liên kết", theirText: "Mã liên kết của hệ thống kia", theyAre: "Hệ thống kia là", check: "Kiểm tra mã", confirm: (name: string) => `Liên kết với ${name}`, compare: "Chỉ liên kết khi mã đối chiếu đúng như quản trị viên bên kia đọc.",
  isThis: "Đây là mã của chính hệ thống này.", revoke: "Thu hồi", revokeAsk: (name: string) => `Thu hồi liên kết với ${name}?`, revokeDetail: "Liên kết ngắt ngay. Những gì đã nhận vẫn được giữ.",
  codes: {
    unreachable: "Không gọi được", version: "Phiên bản không tương thích", unknown_node: "Bên kia không nhận ra hệ thống này", bad_proof: "Sai khóa", silent: "Mất tín hiệu", foreign_origin: "Gửi dữ liệu không phải của mình",
    broken_chain: "Dữ liệu bị sửa", bad_seal: "Chữ ký sai", gap: "Thiếu dữ liệu", forked: "Dữ liệu hai bên khác nhau", stale_epoch: "Dữ liệu cũ quay lại", malformed: "Gửi thông điệp sai", storage: "Không ghi được vào ổ đĩa",
    unknown_fact: "Bên kia dùng phiên bản mới hơn", loop: "Liên kết thành vòng", two_paths: "Một hệ thống nối theo hai đường", other_key: "Khóa đã đổi", refused_edge: "Cây cuộc họp không hợp lệ", said_unknown_node: "Bên kia chưa thêm hệ thống này", said_revoked: "Bên kia đã thu hồi",
    said_version: "Phiên bản không tương thích", wrong_side: "Hai bên đều cho mình là cấp dưới", said_wrong_side: "Hai bên đều cho mình là cấp dưới", parked_there: "Bên kia chưa lưu được dữ liệu", forged_introduction: "Giới thiệu hệ thống không đúng",
    asked_two_roots: "Nhận cuộc họp của hệ thống khác là của mình", asked_not_allowed: "Yêu cầu tổ chức phòng họp không đúng quyền", asked_not_below: "Yêu cầu phòng họp của đơn vị không trực thuộc", asked_unknown_unit: "Yêu cầu phòng họp của đơn vị không có ở đây",
    asked_held_elsewhere: "Đơn vị được yêu cầu thuộc hệ thống khác", not_understood: "Trả lời không hiểu được",
  } as Record<string, string>,
};
