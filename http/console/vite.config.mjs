// Plain, so that it is read without being compiled: the tools' folder need not be writable.
export default {
  // Relative, so that the console works below any prefix of a reverse proxy.
  base: "./",
  cacheDir: ".vite",
  build: {
    target: "es2022",
    // Nothing inside the page: its policy forbids it, and small pictures are as well files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
  test: { include: ["tests/unit/**/*.test.ts"] },
};
