// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../testing";
import { People, type Attending } from "./people";

it("says how many are there and who leads them, once there is a number", async () => {
  const said: Attending[] = [];
  show(<People known={null} save={async (attending) => said.push(attending) > 0} />);
  fireEvent.click(screen.getByTestId("ready-people"));
  expect(said).toEqual([]);
  fireEvent.change(screen.getByTestId("ready-count"), { target: { value: "4" } });
  fireEvent.change(screen.getByTestId("ready-name"), { target: { value: " Vàng A Sính " } });
  fireEvent.change(screen.getByTestId("ready-post"), { target: { value: "Chủ tịch UBND xã" } });
  fireEvent.click(screen.getByTestId("ready-people"));
  await waitFor(() => expect(screen.getByText("Đã ghi. Khi vào phòng họp, điểm danh đã có số này.")).toBeTruthy());
  expect(said).toEqual([{ head_count: 4, people: [{ name: "Vàng A Sính", post: "Chủ tịch UBND xã" }] }]);
});
