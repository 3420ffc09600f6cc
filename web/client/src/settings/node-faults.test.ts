import { expect, it } from "vitest";
import { nodes } from "../words/vi/nodes";
import { faultIn } from "./node-faults";

it("says what we found, what the other side found with us, and a code of a newer version as it is", () => {
  expect(faultIn(nodes, "broken_chain")).toBe("Dữ liệu bị sửa");
  expect(faultIn(nodes, "said_broken_chain")).toBe("Bên kia báo về hệ thống này: Dữ liệu bị sửa");
  expect(faultIn(nodes, "said_revoked")).toBe(nodes.codes.said_revoked);
  expect(faultIn(nodes, "asked_not_possible")).not.toContain("_");
  expect([faultIn(nodes, "said_new_code"), faultIn(nodes, "new_code")]).toEqual(["Bên kia báo về hệ thống này: new_code", "new_code"]);
});
