export const board = {
  title: "Bảng điểm cầu", open: "Bảng điểm cầu", joined: "Đã vào phòng", ready: "Đã kiểm tra, chưa vào", bad: "Có vấn đề", heads: "Số người dự", search: "Tìm điểm cầu", badOnly: "Chỉ điểm cầu có vấn đề", look: "Cách xem", list: "Danh sách", grid: "Lưới",
  stale: "Mất kết nối với máy chủ, đang nối lại. Số liệu dưới đây là lần cuối nhận được.", allWell: "Không có điểm cầu nào có vấn đề.", noneFound: "Không tìm thấy điểm cầu.",
  columns: { site: "Điểm cầu", state: "Trạng thái", picture: "Hình", sound: "Tiếng", line: "Đường truyền", step: "Mức hình nhận", heads: "Người dự", problem: "Vấn đề" },
  states: { invited: "Đã mời", tested: "Đã kiểm tra", joined: "Đã vào phòng", declined: "Xin vắng" } as Record<string, string>, onAir: "Đang phát", asks: "đăng ký phát biểu", yes: "Có", no: "Không",
  roomSum: (joined: number, all: number, bad: number) => `${joined}/${all} đã vào${bad ? `, ${bad} có vấn đề` : ""}`, line: (loss: number, rtt: number) => `mất ${String(loss).replace(".", ",")} % · ${rtt} ms`, checked: (down: number, up: number) => `đo: xuống ${Math.round(down / 100) / 10}, lên ${Math.round(up / 100) / 10} Mbps`,
  steps: { full: "Đầy đủ", medium: "Vừa", small: "Nhỏ", slow: "Nhỏ, chậm", still: "Ảnh tĩnh", slides: "Chỉ trình chiếu", audio: "Chỉ còn tiếng", text: "Chỉ còn chữ" } as Record<string, string>,
  problems: {
    not_joined: "Chưa vào phòng", not_delivered: "Chưa gửi được giấy mời", not_tested: "Chưa kiểm tra thiết bị", check_microphone: "Kiểm tra: không nghe thấy micro", check_camera: "Kiểm tra: camera không có hình động", check_down: "Kiểm tra: tải xuống quá chậm",
    check_up: "Kiểm tra: tải lên quá chậm", check_loss: "Kiểm tra: đường truyền mất gói", no_sound: "Không có tiếng", no_picture: "Không có hình", sound_only: "Đường truyền yếu, chỉ còn tiếng", weak_line: "Đường truyền yếu",
  } as Record<string, string>,
  clockOff: (s: number) => `Đồng hồ máy ${s > 0 ? "nhanh" : "chậm"} ${Math.abs(s)} giây`, clockChecked: (s: number) => `Kiểm tra: đồng hồ máy ${s > 0 ? "nhanh" : "chậm"} ${Math.abs(s)} giây`,
  call: (phone: string) => `Gọi cán bộ kỹ thuật trực: ${phone}`, callOf: (title: string, phone: string) => `Gọi cán bộ kỹ thuật trực ${title}, số ${phone}`, reason: (text: string) => `Lý do: ${text}`,
  checkAt: (at: string, down: number, up: number, rtt: number) => `Kiểm tra lúc ${at}: xuống ${Math.round(down / 100) / 10} Mbps, lên ${Math.round(up / 100) / 10} Mbps, trễ ${rtt} ms.`, signedOff: "Điểm cầu đã sẵn sàng.",
  message: "Nhắn đến điểm cầu", send: "Gửi", sent: "Đã gửi.", see: "Xem hình điểm cầu", putOnAir: "Đưa lên phát", pictureOf: (title: string) => `Hình từ điểm cầu ${title}`, noPicture: "Chưa lấy được hình từ điểm cầu.", far: "Điểm cầu của phòng họp trên máy chủ khác: yêu cầu được chuyển tới máy chủ đó; máy chủ đó có thể từ chối.", notIn: "Điểm cầu chưa vào phòng: gọi điện để hỗ trợ.",
  notice: "Cán bộ kỹ thuật nhắn", understood: "Đã rõ",
};
