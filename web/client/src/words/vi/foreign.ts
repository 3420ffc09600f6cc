/** Tickets for encoders and players that are not ours. */
export const foreign = {
  title: "Thiết bị ngoài", explain: "Bộ mã hóa hoặc thiết bị hội nghị của điểm cầu gửi hình vào phòng họp (WHIP); màn hình, phần mềm khác nhận chương trình phòng họp (WHEP). Mỗi thiết bị dùng một vé riêng.",
  kind: "Loại vé", kinds: { ingest: "Gửi hình vào (WHIP)", playback: "Nhận chương trình ra (WHEP)" }, site: "Điểm cầu", label: "Tên thiết bị", labelHint: "Ví dụ: Bộ mã hóa hội trường tầng 2",
  give: "Cấp vé", given: "Vé mới: chép địa chỉ và mã ngay bây giờ, mã không hiện lại.", url: "Địa chỉ", token: "Mã vé (Bearer)", copy: "Sao chép", copied: "Đã sao chép", done: "Đã chép xong",
  inUse: (n: number) => (n ? `${n} thiết bị đang dùng` : "Chưa dùng"), revoked: "Đã thu hồi", revoke: "Thu hồi vé", revokeAsk: "Thu hồi vé này? Thiết bị đang dùng vé sẽ bị ngắt ngay.", none: "Chưa cấp vé nào.",
};
