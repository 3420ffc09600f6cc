export const readiness = {
  title: "Tự kiểm tra trước giờ họp", intro: "Hệ thống tự kiểm tra micro, camera, đường truyền và đồng hồ của máy trong khoảng 15 giây. Loa sẽ phát một tiếng bíp.", start: "Bắt đầu tự kiểm tra", again: "Kiểm tra lại", running: "Đang tự kiểm tra… Giữ yên trang này.",
  ready: (at: string) => `Điểm cầu đã sẵn sàng, xác nhận lúc ${at}. Thư ký đã nhận được kết quả.`, notReady: "Chưa sẵn sàng. Sửa mục đánh dấu ✕, hệ thống sẽ tự kiểm tra lại.",
  leader: "Người chủ trì tại điểm cầu", peopleSaved: "Đã ghi. Khi vào phòng họp, điểm danh đã có số này.",
  seconds: (n: number) => `${n > 0 ? "nhanh" : "chậm"} ${Math.abs(n)} giây`,
  rows: { microphone: "Micro nghe được", camera: "Camera có hình động", down: "Tải xuống", up: "Tải lên", loss: "Đường truyền ổn định", clock: "Đồng hồ đúng" },
  wrong: { microphone: "Không nghe thấy micro: kiểm tra công tắc, dây cắm và âm lượng loa", camera: "Không có hình hoặc hình đứng yên: kiểm tra nắp camera, tắt phần mềm khác đang dùng camera", down: "Tải xuống quá chậm: chỉ nghe được tiếng", up: "Tải lên quá chậm: nơi khác chỉ nghe được tiếng", loss: "Đường truyền mất gói: cắm dây mạng thay cho Wi-Fi", clock: "Đồng hồ máy sai: chỉnh lại ngày giờ" } as Record<string, string>,
};
