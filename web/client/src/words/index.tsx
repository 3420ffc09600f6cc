/** Every word on screen, typed: Vietnamese is the source, English is loaded when asked for. */
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import type { Language } from "../rest/types";
import { useAriaWords } from "./aria";
import { vi } from "./vi";

type Widen<T> = T extends string ? string : T extends (...args: infer A) => string ? (...args: A) => string : { [K in keyof T]: Widen<T[K]> };
export type Words = Widen<typeof vi>;

const Context = createContext<{ words: Words; language: Language }>({ words: vi, language: "vi" });

export function WordsProvider({ language, children }: { language: Language; children: ReactNode }) {
  const [english, setEnglish] = useState<Words | null>(null);
  useEffect(() => {
    document.documentElement.lang = language;
    if (language === "en" && !english) void import("./en").then((module) => setEnglish(module.en));
  }, [language, english]);
  useAriaWords(language);
  const words = language === "en" && english ? english : vi;
  return <Context.Provider value={{ words, language }}>{children}</Context.Provider>;
}

export function useWords(): Words {
  return useContext(Context).words;
}

export function useLanguage(): Language {
  return useContext(Context).language;
}
