// The theme, before anything is painted: the reader's choice, else the system's.
(function () {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("feedback-theme"); } catch { return null; } };
  const theme = () => chosen() || (system.matches ? "dark" : "light");
  root.dataset.theme = theme();
  window.feedback = {
    theme: () => root.dataset.theme,
    setTheme(name) {
      root.dataset.theme = name;
      window.dash_clientside.set_props("theme", { data: name });
    },
  };
  system.addEventListener("change", () => { if (!chosen()) window.feedback.setTheme(theme()); });
})();
