import "@fontsource/be-vietnam-pro/400.css";
import "@fontsource/be-vietnam-pro/500.css";
import "@fontsource/be-vietnam-pro/600.css";
import "@fontsource/be-vietnam-pro/700.css";
import "./design/page.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { installAriaWords } from "./words/aria";

installAriaWords("vi");
createRoot(document.getElementById("root")!).render(<App />);
