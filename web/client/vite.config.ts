import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vitest/config";

/** React Aria ships 34 locales and no Vietnamese; ours come from src/words/aria.ts, so only English stays as a fallback. */
function onlyEnglishAria(): Plugin {
  const empty = "\0empty-locale";
  return {
    name: "only-english-aria",
    enforce: "pre",
    resolveId(source, importer) {
      const isLocale = /(^|\/)[a-z]{2}-[A-Z]{2}\.m?js$/.test(source);
      return isLocale && !source.endsWith("en-US.mjs") && importer?.includes("react-") ? empty : null;
    },
    load: (id) => (id === empty ? "export default {}" : null),
  };
}

export default defineConfig({
  plugins: [onlyEnglishAria(), react()],
  build: {
    target: ["chrome109", "firefox115"],
    assetsInlineLimit: 0, // the content security policy allows no data: fonts or scripts
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { proxy: { "/api": { target: "http://localhost:8000", ws: true } } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
