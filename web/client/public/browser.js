/* Runs in every browser, however old: says so plainly when this one cannot hold a meeting (Chromium 109, Firefox 115). */
(function () {
  var agent = navigator.userAgent;
  var chromium = /Chrom(?:e|ium)\/(\d+)/.exec(agent);
  var firefox = /Firefox\/(\d+)/.exec(agent);
  var old = chromium ? +chromium[1] < 109 : firefox ? +firefox[1] < 115 : typeof Object.hasOwn !== "function";
  if (!old && "noModule" in document.createElement("script")) return;
  window.onload = function () {
    document.title = "Trình duyệt quá cũ";
    document.body.innerHTML =
      '<main id="old-browser"><h1>Trình duyệt quá cũ</h1>' +
      "<p>Máy này không vào họp được bằng trình duyệt đang dùng. Hãy cài Chrome, Cốc Cốc hoặc Edge từ bản 109, hoặc Firefox từ bản 115, rồi mở lại đường dẫn.</p>" +
      "<p>Chưa cài được ngay: dùng điện thoại có 4G mở cùng đường dẫn này, hoặc gọi thư ký cuộc họp.</p>" +
      "<p>This browser is too old. Use Chromium 109 or Firefox 115, or newer.</p></main>";
  };
})();
