export const comments = {
  title: "Lấy ý kiến dự thảo", none: "Chưa lấy ý kiến dự thảo này.",
  open: "Lấy ý kiến…", openHint: "Đến hạn này, các điểm cầu được mời đọc dự thảo và góp ý. Trong thời gian đó biên bản không chuyển ký được.", date: "Hạn góp ý, ngày", time: "Giờ", note: "Nội dung cần góp ý", badDeadline: "Ghi ngày dạng 05/11/2026 và giờ dạng 17:00.", start: "Bắt đầu lấy ý kiến",
  running: (n: number, until: string) => `Đợt ${n}: đang lấy ý kiến đến ${until}`, over: (n: number, at: string) => `Đợt ${n} đã kết thúc lúc ${at}`, close: "Kết thúc lấy ý kiến", closeAsk: "Kết thúc đợt lấy ý kiến trước hạn?",
  add: "Góp ý", about: "Về đoạn", text: "Ý kiến góp ý", send: "Gửi góp ý", recorded: "hệ thống ghi nhận", attendance: "Thành phần tham dự", textChanged: (n: number) => `góp ý cho bản sửa ${n}`,
  count: (all: number, waiting: number) => `${all} ý kiến, ${waiting} chưa xử lý`, by: (who: string, at: string) => `${who}, ${at}`,
  answer: "Trả lời", answerHint: "Bắt buộc khi không tiếp thu.", accept: "Tiếp thu", decline: "Không tiếp thu", accepted: "Đã tiếp thu", declined: "Không tiếp thu", waiting: "Chưa xử lý",
};
