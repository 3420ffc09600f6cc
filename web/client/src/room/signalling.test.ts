import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Signalling } from "./signalling";

class FakeSocket {
  static OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 1;
  sent: { type: string; id?: number }[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as { type: string });
  }
  close() {
    this.readyState = 3;
  }
}

beforeEach(() => {
  FakeSocket.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("says hello again only when what was asked has its answer", async () => {
  const signalling = new Signalling("ws://room", () => ({ take_over: false }), { message: () => undefined, closed: () => undefined });
  signalling.open();
  const [first] = FakeSocket.all as [FakeSocket];
  first.onopen();
  const asked = signalling.request("command", { name: "hand_over_chair" });
  signalling.againAfterReplies(); // the fact of the hand-over comes before the reply
  expect(first.readyState).toBe(1);
  first.onmessage({ data: JSON.stringify({ type: "reply", id: first.sent[1]!.id, ok: { seq: 7 } }) });
  await expect(asked).resolves.toEqual({ seq: 7 });
  expect(first.readyState).toBe(3);
  vi.advanceTimersByTime(10_000);
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.all[1]!.onopen();
  signalling.againAfterReplies(); // nothing was asked: at once
  expect(FakeSocket.all[1]!.readyState).toBe(3);
  signalling.close();
});
