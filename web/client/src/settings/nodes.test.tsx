// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { FakeApi, show } from "../testing";
import { Nodes } from "./nodes";

it("names who called and was not let in: one that is not linked, one that was revoked", async () => {
  const at = "2026-11-22T01:00:00.000Z";
  const api = new FakeApi({
    "GET /api/nodes": {
      this: { name: "Tỉnh", fingerprint: "1", pairing_text: "GB1-" }, items: [],
      refused: [{ id: "0000000a-1", name: "Huyện Mèo Vạc", at, is_revoked: true }, { id: "0000000b-2", name: "x", at, is_revoked: false }],
    },
  });
  show(<Nodes />, { api });
  await waitFor(() => expect(screen.getAllByTestId("refused-node")).toHaveLength(2));
  const [revoked, unknown] = screen.getAllByTestId("refused-node").map((one) => one.textContent);
  expect(revoked).toContain("Hệ thống đã thu hồi gọi đến và bị từ chối: Huyện Mèo Vạc, mã 0000000a…");
  expect(unknown).toContain("tự xưng x");
});

it("says beside an installation why no pictures come over a link that was closed", async () => {
  const node = {
    id: "n", name: "Tỉnh", role: "upper", url: "https://tinh.example", revoked_at: null, seen_at: null, is_up: true, rtt_ms: null, clock_offset_ms: null, facts_waiting: 0, nodes_behind: 0,
    error: "media_refused", error_detail: "protocol", error_at: "2026-11-22T01:00:00.000Z",
  };
  const api = new FakeApi({ "GET /api/nodes": { this: { name: "Huyện", fingerprint: "1", pairing_text: "GB1-" }, items: [node], refused: [] } });
  show(<Nodes />, { api });
  const row = (await screen.findByTestId("node-row")).textContent;
  expect(row).toContain("Không nối được hình và tiếng giữa hai phòng họp");
  expect(row).toContain("Bên kia gửi thông điệp không hiểu được");
});
