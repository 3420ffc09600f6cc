/** React Aria ships no Vietnamese: its hidden labels are handed to it through the global dictionary it looks into first. */
import { useEffect } from "react";
import type { Language } from "../rest/types";

type Strings = Record<string, string | ((args: Record<string, string>) => string)>;

const VIETNAMESE: Record<string, Strings> = {
  "@react-aria/overlays": { dismiss: "Đóng" },
  "@react-aria/combobox": {
    focusAnnouncement: (args) => `${args.optionText ?? ""}${args.isSelected ? ", đã chọn" : ""}`,
    countAnnouncement: (args) => `Có ${args.optionCount ?? 0} lựa chọn.`,
    selectedAnnouncement: (args) => `${args.optionText ?? ""}, đã chọn`,
    buttonLabel: "Mở danh sách",
    listboxLabel: "Danh sách",
  },
  "@react-aria/menu": { longPressMessage: "Nhấn giữ hoặc nhấn Alt + mũi tên xuống để mở" },
};

const LOCALE = Symbol.for("react-aria.i18n.locale");
const STRINGS = Symbol.for("react-aria.i18n.strings");

/** Called once before anything of React Aria renders. */
export function installAriaWords(language: Language): void {
  const holder = window as unknown as Record<symbol, unknown>;
  if (language === "vi") {
    holder[LOCALE] = "vi-VN";
    holder[STRINGS] = VIETNAMESE;
  } else {
    delete holder[LOCALE];
    delete holder[STRINGS];
  }
}

export function useAriaWords(language: Language): void {
  useEffect(() => installAriaWords(language), [language]);
}
