import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const key = "dip-theme";
const kept = localStorage.getItem(key);
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");

// The page's colours, for what draws by itself; they change with the theme and with the system's.
export const paint = signal(0);

export function startTheme() {
  theme.subscribe((t) => {
    if (t === "auto") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem(key);
    } else {
      document.documentElement.dataset.theme = t;
      localStorage.setItem(key, t);
    }
    paint.value = paint.peek() + 1;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (paint.value += 1));
}

export function nextTheme() {
  theme.value = { auto: "light", light: "dark", dark: "auto" }[theme.value] as Theme;
}
