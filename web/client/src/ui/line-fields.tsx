/** The two figures of a line, in Mbps as people know them; kept in kbps, empty while nobody has said. */
import { TextField } from "./field";
import { useWords } from "../words";

export interface LineText { down: string; up: string }
export interface LineFigures { line_down_kbps: number | null; line_up_kbps: number | null }

const textOf = (kbps: number | null | undefined) => (kbps == null ? "" : String(kbps / 1000).replace(".", ","));
export const lineText = (line?: { line_down_kbps?: number | null; line_up_kbps?: number | null }): LineText => ({ down: textOf(line?.line_down_kbps), up: textOf(line?.line_up_kbps) });

/** undefined: not a number. */
function kbpsOf(text: string): number | null | undefined {
  if (!text.trim()) return null;
  const mbps = Number(text.trim().replace(",", "."));
  return Number.isFinite(mbps) && mbps >= 0 && mbps <= 100_000 ? Math.round(mbps * 1000) : undefined;
}

/** What the form sends; null while a field is no number. */
export function lineFigures({ down, up }: LineText): LineFigures | null {
  const [line_down_kbps, line_up_kbps] = [kbpsOf(down), kbpsOf(up)];
  return line_down_kbps === undefined || line_up_kbps === undefined ? null : { line_down_kbps, line_up_kbps };
}

export function LineFields({ value, change }: { value: LineText; change: (value: LineText) => void }) {
  const words = useWords();
  const error = (text: string) => (kbpsOf(text) === undefined ? words.organisation.lineWrong : null);
  return (
    <>
      <TextField label={words.organisation.lineDown} hint={words.organisation.lineHint} inputMode="decimal" value={value.down} error={error(value.down)} onChange={(e) => change({ ...value, down: e.target.value })} data-testid="line-down" />
      <TextField label={words.organisation.lineUp} inputMode="decimal" value={value.up} error={error(value.up)} onChange={(e) => change({ ...value, up: e.target.value })} data-testid="line-up" />
    </>
  );
}
