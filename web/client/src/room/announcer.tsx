/** What happens in the room, said aloud by screen readers: turns, items, the course of the meeting. */
import type { Fact } from "../proceedings/facts";
import type { State } from "../proceedings/state";
import type { Words } from "../words";
import { speaksFor } from "./model";

interface Named { unit: (siteId: string | null | undefined) => string; item: (itemId: string) => string; mine: string | null }

/** The sentence for one fact, and whether it may interrupt; null for what need not be said. */
export function announcementOf(fact: Fact, before: State, words: Words, named: Named): { text: string; urgent: boolean } | null {
  const body = fact.body as unknown as Record<string, string | null>;
  switch (fact.type) {
    case "FloorWithdrawn":
      return speaksFor(before, named.mine)?.request.request_id === body.request_id ? { text: words.linked.room.mergedGone, urgent: false } : null;
    case "FloorGranted":
      if (speaksFor(before, named.mine)?.request.request_id === body.request_id) return { text: words.linked.room.speaksForYou(named.unit(body.site_id)), urgent: false };
      return body.site_id === named.mine ? { text: words.room.yourTurn, urgent: true } : { text: words.room.turnOf(named.unit(body.site_id)), urgent: false };
    case "FloorRevoked":
    case "FloorReturned":
      return before.floor ? { text: words.room.floorEnded(named.unit(before.floor.site_id)), urgent: false } : null;
    case "ChairLent":
    case "ChairHandedOver":
    case "DeputyPresided":
    case "ChairResumed":
      return { text: words.room.handed.other(named.unit(body.site_id)), urgent: false };
    case "ChairBorrowed":
      return body.site_id === named.mine ? { text: words.room.handed.above, urgent: true } : null;
    case "ItemOpened":
      return { text: `${words.room.currentItem}: ${named.item(body.item_id ?? "")}`, urgent: false };
    case "Convened":
      return { text: words.stage.convened, urgent: false };
    case "Suspended":
      return { text: words.room.suspendedText, urgent: false };
    case "Resumed":
      return { text: words.room.resume, urgent: false };
    case "Adjourned":
      return { text: words.room.ended, urgent: true };
    case "RecordingStarted":
    case "RecordingResumed":
      return { text: words.room.recording.on, urgent: false };
    case "RecordingPaused":
      return { text: words.room.recording.paused, urgent: false };
    case "RecordingInterrupted":
      return { text: words.room.interruptedText, urgent: true };
    case "ModeChanged":
      return { text: `${words.room.mode}: ${words.room.modes[(body.mode ?? "one_speaker") as State["mode"]]}`, urgent: false };
    default:
      return null;
  }
}

export function LiveRegion({ polite, urgent }: { polite: string; urgent: string }) {
  return (
    <>
      <div className="sr-only" role="status" aria-live="polite" data-testid="announce">{polite}</div>
      <div className="sr-only" role="alert" aria-live="assertive" data-testid="announce-urgent">{urgent}</div>
    </>
  );
}
