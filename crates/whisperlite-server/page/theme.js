// @ts-check
// Light, dark or as the system has it. A plain script, run before the page is drawn, so that nothing flashes.

(() => {
  const KEY = "whisperlite-theme";
  const THEMES = /** @type {const} */ (["system", "light", "dark"]);

  const kept = () => {
    try {
      return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "system";
    } catch {
      return "system"; // Storage may be forbidden; the system's theme needs none.
    }
  };

  /** @param {string} theme */
  const put = (theme) => {
    document.documentElement.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-label", `Colours: ${theme === "system" ? "as the system" : theme}. Change`);
      button.setAttribute("title", `Colours: ${theme === "system" ? "as the system" : theme}`);
    }
  };

  put(kept());
  addEventListener("DOMContentLoaded", () => {
    put(kept());
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.addEventListener("click", () => {
        const next = THEMES[(THEMES.indexOf(kept()) + 1) % THEMES.length] ?? "system";
        try {
          localStorage.setItem(KEY, next);
        } catch {
          // Then it holds for this view only.
        }
        put(next);
      });
    }
  });
})();
