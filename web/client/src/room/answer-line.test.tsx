// @vitest-environment happy-dom
import { fireEvent, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { room, show, welcome } from "../testing";
import { AnswerLine } from "./answer-line";

const answer = (site_id: string, text: string, request_id = "r1") => ({ request_id, site_id, text, at: new Date().toISOString() });
const mine = { welcome: { ...welcome(), site_id: "a" } };

it("shows a site the words its own request was answered with, until they are read", () => {
  const { store, inside } = room({ answers: [answer("b", "Không.")] }, mine);
  const view = show(inside(<AnswerLine />));
  expect(screen.queryByTestId("answer-line")).toBeNull();
  view.unmount();
  store.set({ state: { ...store.get().state, answers: [answer("a", "Sở sẽ trả lời bằng văn bản."), answer("b", "Không.")] } });
  show(inside(<AnswerLine />));
  expect(screen.getByTestId("answer-line").textContent).toMatch(/^Đề nghị phát biểu được trả lời lúc .*: Sở sẽ trả lời bằng văn bản\.$/);
  fireEvent.click(screen.getByTestId("answer-read"));
  expect(screen.queryByTestId("answer-line")).toBeNull();
});
it("says that a level above merged it, and nothing of what was said long ago", () => {
  const { store, inside } = room({ answers: [answer("a", "merged")] }, mine);
  const view = show(inside(<AnswerLine />));
  expect(screen.getByTestId("answer-line").textContent).toContain("được gộp");
  view.unmount();
  store.set({ state: { ...store.get().state, answers: [{ ...answer("a", "Có."), at: "2026-01-01T00:00:00Z" }] } });
  show(inside(<AnswerLine />));
  expect(screen.queryByTestId("answer-line")).toBeNull();
});
