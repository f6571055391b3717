import { defineConfig } from "vite";

// Relative, so that the console works below any prefix of a reverse proxy.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // Nothing inside the page: its policy forbids it, and small pictures are as well files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
});
