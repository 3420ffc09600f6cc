/** The socket of a room: hello, requests with answers, pings, and coming back after every cut. */
import { backoffMs, FINAL_CODES } from "./backoff";
import { Refusal, type Cursor, type FromServer } from "./wire";

export interface SignallingEvents {
  message(message: FromServer): void;
  /** The socket is gone; `final` means it will not come back by itself. */
  closed(code: number, final: boolean): void;
}

interface Hello { role?: string; cursor?: Cursor; boot_id?: string; previous?: string; take_over: boolean }

const PING_MS = 5_000;
const SILENT_MS = 20_000;
const REPLY_MS = 15_000;

export class Signalling {
  private socket: WebSocket | null = null;
  private waiting = new Map<number, { resolve: (ok: Record<string, unknown>) => void; reject: (error: Error) => void }>();
  private nextId = 1;
  private attempt = 0;
  private stopped = false;
  private isAgainDue = false;
  private lastHeard = 0;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly url: string, private readonly hello: () => Hello, private readonly events: SignallingEvents) {}

  open(): void {
    this.stopped = false;
    clearTimeout(this.retryTimer);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.lastHeard = Date.now();
      this.sendNow({ type: "hello", version: 1, ...this.hello() });
      this.pingTimer = setInterval(() => this.ping(), PING_MS);
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.lastHeard = Date.now();
      this.receive(JSON.parse(String(event.data)) as FromServer);
    };
    socket.onclose = (event) => socket === this.socket && this.lost(event.code);
  }

  private receive(message: FromServer): void {
    if (message.type === "welcome") this.attempt = 0;
    if (message.type === "goodbye" && message.reason !== "restarting") this.stopped = true; // the close that follows is the last
    if (message.type === "reply") return this.settle(message);
    this.events.message(message);
  }

  private settle(message: Extract<FromServer, { type: "reply" }>): void {
    const waiter = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) waiter?.reject(new Refusal(message.error.code, message.error.message));
    else waiter?.resolve(message.ok ?? {});
    if (this.isAgainDue && this.waiting.size === 0) this.again();
  }

  request<T>(type: string, fields: Record<string, unknown>): Promise<T> {
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return reject(new Refusal("offline", ""));
      const timer = setTimeout(() => this.settle({ type: "reply", id, error: { code: "timeout", message: "" } }), REPLY_MS);
      this.waiting.set(id, {
        resolve: (ok) => (clearTimeout(timer), resolve(ok as T)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      });
      this.sendNow({ type, id, ...fields });
    });
  }

  tell(type: string, fields: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.sendNow({ type, ...fields });
  }

  /** Drops the connection and says hello again: after a gap in the facts. */
  again(): void {
    const socket = this.socket;
    this.lost(4000);
    socket?.close();
  }

  /** The same once nothing asked is without its answer, so that nobody is told that his click was lost. */
  againAfterReplies(): void {
    if (this.waiting.size === 0) this.again();
    else this.isAgainDue = true;
  }

  close(): void {
    this.stopped = true;
    clearTimeout(this.retryTimer);
    clearInterval(this.pingTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private sendNow(message: Record<string, unknown>): void {
    this.socket?.send(JSON.stringify(message));
  }

  private ping(): void {
    if (Date.now() - this.lastHeard > SILENT_MS) return this.again();
    this.tell("ping", { t: Date.now() });
  }

  private lost(code: number): void {
    this.socket = null;
    this.isAgainDue = false;
    clearInterval(this.pingTimer);
    for (const waiter of this.waiting.values()) waiter.reject(new Refusal("offline", ""));
    this.waiting.clear();
    const final = FINAL_CODES.has(code) || this.stopped;
    this.events.closed(code, final);
    if (!final) this.retryTimer = setTimeout(() => this.open(), backoffMs(this.attempt++, Math.random()));
  }
}
