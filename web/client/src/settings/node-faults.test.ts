import { expect, it } from "vitest";
import { nodes as english } from "../words/en/nodes";
import { nodes } from "../words/vi/nodes";
import { detailIn, faultIn } from "./node-faults";

it("says what we found, what the other side found with us, and a code of a newer version as it is", () => {
  expect(faultIn(nodes, "broken_chain")).toBe("Dữ liệu bị sửa");
  expect(faultIn(nodes, "said_broken_chain")).toBe("Bên kia báo về hệ thống này: Dữ liệu bị sửa");
  expect(faultIn(nodes, "said_revoked")).toBe(nodes.codes.said_revoked);
  expect(faultIn(nodes, "asked_not_possible")).not.toContain("_");
  expect([faultIn(nodes, "said_new_code"), faultIn(nodes, "new_code")]).toEqual(["Bên kia báo về hệ thống này: new_code", "new_code"]);
});

it("says why pictures and sound do not come, when the link was refused or closed while it was up", () => {
  expect(detailIn(nodes, "media_refused", "loop")).toBe("Các phòng họp nối thành vòng");
  expect(detailIn(english, "media_refused", "too_far")).toBe("Too many levels below the highest room");
  expect(detailIn(nodes, "media_refused", "codec: h264 here")).toBe("Hai bên dùng chuẩn nén hình khác nhau (h264 here)");
  expect([detailIn(nodes, "media_refused", "new: x"), detailIn(nodes, "gap", "loop")]).toEqual(["new: x", "loop"]);
});
