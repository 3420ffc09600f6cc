/** Dates and durations as people here write them: dd/mm/yyyy, 24 hours, Asia/Ho_Chi_Minh whatever the PC says. */

const ZONE = "Asia/Ho_Chi_Minh";
const OFFSET = "+07:00"; // no daylight saving
const WEEKDAYS = ["Chủ nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"];
const WEEKDAYS_EN = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

function partsOf(instant: string | number | Date): Record<string, string> {
  const parts: Record<string, string> = {};
  for (const part of PARTS.formatToParts(new Date(instant))) parts[part.type] = part.value;
  if (parts.hour === "24") parts.hour = "00";
  return parts;
}

export function dateOf(instant: string | number | Date): string {
  const p = partsOf(instant);
  return `${p.day}/${p.month}/${p.year}`;
}

export function timeOf(instant: string | number | Date): string {
  const p = partsOf(instant);
  return `${p.hour}:${p.minute}`;
}

export function secondsOf(instant: string | number | Date): string {
  return `${timeOf(instant)}:${partsOf(instant).second}`;
}

export function weekdayOf(instant: string | number | Date, language = "vi"): string {
  const p = partsOf(instant);
  const day = new Date(Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day))).getUTCDay();
  return (language === "en" ? WEEKDAYS_EN : WEEKDAYS)[day] ?? "";
}

/** "14:00 ngày 05/11/2026" is the form of official texts. */
export function momentOf(instant: string, language = "vi"): string {
  return language === "en" ? `${timeOf(instant)}, ${dateOf(instant)}` : `${timeOf(instant)} ngày ${dateOf(instant)}`;
}

export function isSameDay(a: string | number, b: string | number): boolean {
  return dateOf(a) === dateOf(b);
}

/** dd/mm/yyyy and HH:MM (or 8h30, 8:30) to an instant; null when that is no such moment. */
export function parseMoment(date: string, time: string): string | null {
  const d = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(date);
  const t = /^\s*(\d{1,2})\s*[:hg.]\s*(\d{0,2})\s*$/i.exec(time);
  if (!d || !t) return null;
  const [day, month, year, hour, minute] = [d[1], d[2], d[3], t[1], t[2] || "0"].map(Number) as [number, number, number, number, number];
  if (hour > 23 || minute > 59 || month > 12) return null;
  const two = (n: number) => String(n).padStart(2, "0");
  const moment = new Date(`${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:00${OFFSET}`);
  if (Number.isNaN(moment.getTime()) || dateOf(moment) !== `${two(day)}/${two(month)}/${year}`) return null;
  return moment.toISOString();
}

const NIGHT_MS = 8 * 3_600_000;

/** When it ends: on the day it begins, or, through the night, on the next; what would last longer is a slip. */
export function parseEnd(date: string, from: string, to: string): string | null {
  const start = parseMoment(date, from);
  const end = parseMoment(date, to);
  if (!start || !end || end > start) return end;
  const next = new Date(Date.parse(end) + 86_400_000);
  return next.getTime() - Date.parse(start) <= NIGHT_MS ? next.toISOString() : end;
}

/** dd/mm/yyyy to an ISO date and back; tasks and document dates have no time. */
export function parseDate(text: string): string | null {
  const moment = parseMoment(text, "12:00");
  if (!moment) return null;
  const [day, month, year] = dateOf(moment).split("/");
  return `${year}-${month}-${day}`;
}

export function showDate(iso: string | null | undefined): string {
  if (!iso) return "";
  const [year, month, day] = iso.slice(0, 10).split("-");
  return `${day}/${month}/${year}`;
}

/** 65 → "1:05", 3700 → "1:01:40"; negative seconds get a minus sign (over time). */
export function clockOf(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, "0");
  const sign = seconds < 0 && whole > 0 ? "−" : "";
  return h ? `${sign}${h}:${String(m).padStart(2, "0")}:${s}` : `${sign}${m}:${s}`;
}
