// Asks once a second whether the page would look different now, and if so has it drawn anew. Waits while a table or
// chart is being read, while the page is hidden, and says so when the service does not answer.
(function () {
  const feedback = window.feedback;
  const READ = ".scroll:hover, .outline:hover, .plot:hover, .scroll:focus-within, .outline:focus-within";
  const LOST_AFTER_SECONDS = 5, THEME_SECONDS = 5;
  let seen = "", waiting = null, answeredAt = Date.now(), themeAskedAt = 0;

  feedback.seen = (shown) => {
    if (shown) { seen = shown.key; document.title = shown.title; }
    return seen;
  };

  const isRead = () => document.querySelector(READ) !== null;

  function apply() {
    document.body.classList.toggle("has-waiting", waiting !== null && isRead());
    if (waiting === null || isRead()) return;
    window.dash_clientside.set_props("changed", { data: waiting });
    waiting = null;
  }

  async function look(dashboard) {
    if (document.hidden || seen === "") return;
    try {
      const answer = await fetch(dashboard.dataset.live + "?seen=" + encodeURIComponent(seen));
      if (answer.status === 200) waiting = await answer.json();
      if (answer.ok) tellLooked(answeredAt = Date.now());
    } catch { /* told below, by the time of the last answer */ }
    document.body.classList.toggle("is-lost", Date.now() - answeredAt > 1000 * LOST_AFTER_SECONDS);
    apply();
  }

  // On a page without votes nothing else shows that the service is being asked.
  function tellLooked(at) {
    const time = document.querySelector("time.looked");
    if (time) time.firstChild.nodeValue = new Date(at).toISOString().slice(11, 19) + " UTC";
  }

  const UNITS = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  function ago(seconds) {
    if (seconds < 60) return `${Math.max(0, Math.floor(seconds))}\u00a0s ago`;
    const [size, noun] = UNITS.find(([size]) => seconds >= size);
    const number = Math.floor(seconds / size);
    return `${number.toLocaleString("en-GB")}\u00a0${noun}${number === 1 ? "" : "s"} ago`;
  }

  function tellAges() {
    for (const time of document.querySelectorAll("time.ago")) {
      const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (time.firstChild && time.firstChild.nodeValue !== text) time.firstChild.nodeValue = text;
    }
  }

  // Followed without loading everything anew, unless a new tab or window is asked for.
  function follow(link, event) {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const leaves = link.pathname !== location.pathname;
    window.dash_clientside.set_props("address", { href: link.href });
    if (leaves) { window.scrollTo(0, 0); document.getElementById("main").focus({ preventScroll: true }); }
  }

  function switchTheme() {
    const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("feedback-theme", name); } catch { /* the choice then lasts as long as the page */ }
    themeAskedAt = Date.now();
    feedback.setTheme(name);
  }

  // The answers to two questions may arrive in either order. Was the later one drawn for the former theme, which shows
  // in a button that offers the theme in place, the whole page is drawn anew.
  function keepTheme() {
    const theme = document.documentElement.dataset.theme, button = document.getElementById("theme-button");
    const isRight = !button || button.textContent.toLowerCase() !== theme;
    if (isRight || Date.now() - themeAskedAt < 1000 * THEME_SECONDS) return;
    themeAskedAt = Date.now();
    window.dash_clientside.set_props("shown", { data: null });
    window.dash_clientside.set_props("theme", { data: theme });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-inside]");
    if (link) follow(link, event);
    if (event.target.closest("#theme-button")) switchTheme();
    if (event.target.closest("button.reorder")) {
      window.dash_clientside.set_props("changed", { data: { reorder: Date.now() } });
    }
  });

  function start() {
    const dashboard = document.getElementById("dashboard");
    if (!dashboard) return void setTimeout(start, 50);
    answeredAt = Date.now();
    setInterval(() => look(dashboard), 1000 * Number(dashboard.dataset.refreshSeconds));
    setInterval(tellAges, 1000);
    setInterval(keepTheme, 1000);
  }
  start();
})();
